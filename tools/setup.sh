#!/usr/bin/env bash
# Installs the requirements of refscout's build and tests that are missing.
#
#   tools/setup.sh [build] [lint] [test] [engines] [servers] [fuzz] [train]      (default: build)
#
#   build   compiler, CMake, Emscripten and the sources of the dependencies
#   lint    requirements of tools/lint.sh: formatters and checkers
#   test    further requirements of the tests: sanitizers; Chromium, Firefox, WebKitGTK
#   engines further requirements of the tests of engines: QEMU, libraries for cross-compiling to Arm64
#   servers the web servers that a site is tested on: Debian's, unpacked and not installed
#   fuzz    further requirements of tools/fuzz.sh: libFuzzer, llvm-cov
#   train   requirements of tools/train: PyTorch
#
# Debian packages are installed with apt-get if permitted, otherwise the command to run is printed. All
# other files are stored under build/: build/toolchain/ (Emscripten, servers) and build/deps/ (sources),
# where CMake finds them. Every step ends with a rename or a stamp, so after an interruption the script can
# be run again.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

toolchain=$root/build/toolchain
deps=$root/build/deps
log=$root/build/setup.log
min_emscripten=3.1.60

# Name, version, and SHA-256 of the upstream source archive in Debian. cmake/dependencies.cmake pins the
# same commits for systems without apt.
sources=(
    "xnnpack     0.0~git20241108.4ea82e5.orig.tar.xz 90bde2caef0f880f627bab0dc805a86c4b8070cd98e3243db3046ab3f3be1a99"
    "pthreadpool 0.0~git20240616.560c60d.orig.tar.xz 4cc3cbd933b28131d2a34edc54f76af9fb41bc490af5eae1a5bd3cd07ea90708"
    "fxdiv       0.0~git20200417.b408327.orig.tar.xz 7953482badaf4cb34026c3487c257b8e4ab2df061c019bd6fabbbc12ad52c44b"
    "xxhash      0.8.3.orig.tar.gz                   aae608dfe8213dfd05d909a57718ef82f30722c392344583d3f39050c7f29a80"
    "cjson       1.7.18.orig.tar.gz                  3aa806844a03442c00769b83e99970be70fbef03735ff898f4811dd03b9f5ee5"
)

# ---------------------------------------------------------------- Debian packages

# Prints the package if none of the probes exists. A probe is a command or a file that the package
# provides, so that other ways of installation are accepted too.
# usage: need PACKAGE PROBE…
need() {
    local package=$1 probe
    shift
    for probe in "$@"; do
        case $probe in
            /*) compgen -G "$probe" >/dev/null && return 0 ;;
            *) have "$probe" && return 0 ;;
        esac
    done
    echo "$package"
}

missing_for_build() {
    need clang-19 clang-19
    need cmake cmake
    need ninja-build ninja
    need ccache ccache
    need python3 python3
    need xz-utils xz
    need nodejs node
    need npm npm
    need zlib1g-dev /usr/include/zlib.h /usr/local/include/zlib.h
    need liblzma-dev /usr/include/lzma.h /usr/local/include/lzma.h
    if ! usable_emcc; then
        need lld-19 wasm-ld-19
        need llvm-19 llvm-ar-19
        need node-acorn /usr/share/nodejs/acorn/package.json
    fi
}

missing_for_lint() {
    need git git
    need clang-format-19 clang-format-19
    need shellcheck shellcheck
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

missing_for_test() {
    need clang-tidy-19 clang-tidy-19
    need libclang-rt-19-dev '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*.a'
    need pkgconf pkg-config
    need groff-base groff
    need zsh zsh
    need python3-numpy /usr/lib/python3/dist-packages/numpy/__init__.py
    need fish fish
    need chromium chromium
    need firefox-esr firefox-esr
    need webkit2gtk-driver /usr/bin/WebKitWebDriver
    need xvfb Xvfb
}

# Most web servers read the MIME types of files from /etc/mime.types.
missing_for_servers() { need media-types /etc/mime.types; }

missing_for_fuzz() {
    need libclang-rt-19-dev '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*.a'
    need llvm-19 llvm-cov-19
}

# Python modules for Debian's own /usr/bin/python3, the only one that finds Debian's modules.
missing_for_train() {
    local packages=/usr/lib/python3/dist-packages
    need python3-torch $packages/torch/__init__.py
    need python3-numpy $packages/numpy/__init__.py
    need python3-scipy $packages/scipy/__init__.py
    need libopenblas0-pthread '/usr/lib/*/openblas-pthread/libopenblas.so.0'
}

missing_for_engines() {
    need lld-19 ld.lld-19
}

apt_install() {
    local run=("$@")
    "${run[@]}" dpkg --configure -a # completes an earlier run that was interrupted
    "${run[@]}" apt-get -q update
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=900 --no-install-recommends install "${missing[@]}"
}

install_packages() {
    local group
    missing=()
    for group in "$@"; do
        mapfile -t -O "${#missing[@]}" missing < <("missing_for_$group")
    done
    ((${#missing[@]})) || return 0
    have apt-get || fail "please install these and run this again (named as in Debian): ${missing[*]}"
    if [[ $(id -u) == 0 ]]; then
        step "installing Debian packages (${missing[*]})" apt_install
    elif sudo -n true 2>/dev/null; then
        step "installing Debian packages (${missing[*]})" apt_install sudo -n
    else
        fail "packages are missing; run this, then start again:
    sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
}

# ---------------------------------------------------------------- Debian 13's archive, privately

# Debian 12 has neither a recent Emscripten nor a recent XNNPACK, Debian 13 has both. Debian 13's index is
# read with a separate configuration and separate folders: the host's apt is unchanged, no package of
# Debian 13 is installed, and root is not needed. apt verifies the archive's signature.
apt13() {
    local command=$1 apt=$toolchain/apt
    shift
    "$command" -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" \
        -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

# Uses the mirror of the machine's own apt; Debian 12's security updates are on another one.
mirror() {
    # shellcheck disable=SC2016  # apt expands these
    apt-get indextargets --format '$(SITE) $(CREATED_BY)' |
        awk '$2 == "Packages" && $1 ~ /debian\/?$/ && !/security/ { print $1; exit }'
}

read_index() {
    local apt=$toolchain/apt site key=/usr/share/keyrings/debian-archive-keyring.gpg
    [[ -e $apt/read ]] && return 0
    have apt-get || fail "this is no Debian; please put Emscripten $min_emscripten or later (emcc) on the PATH."
    site=$(mirror)
    [[ -n $site ]] || fail "apt knows no Debian mirror; please put Emscripten $min_emscripten or later (emcc) on the PATH."
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    printf '%s [signed-by=%s] %s trixie main\n' deb "$key" "$site" deb-src "$key" "$site" >"$apt/sources.list"
    step "reading the package index of Debian 13" apt13 apt-get update
    touch "$apt/read"
}

# ---------------------------------------------------------------- Emscripten

emcc_version() { emcc --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9.]*\).*/\1/p'; }

usable_emcc() {
    local version
    have emcc || return 1
    version=$(emcc_version)
    [[ -n $version && $(printf '%s\n' "$min_emscripten" "$version" | sort -V | head -n 1) == "$min_emscripten" ]]
}

# Binaryen is built against Debian 13's libc, which is therefore downloaded too and used for Binaryen only.
download_emscripten() {
    mkdir -p "$toolchain/download"
    cd "$toolchain/download"
    apt13 apt-get download emscripten binaryen libc6 libstdc++6 libgcc-s1
}

# Removes the variants of the system libraries for LTO, position-independent code and 64-bit memory: 1.2 GB
# that are never linked.
unpack_emscripten() {
    local package
    rm -rf "$toolchain/unpacking"
    mkdir -p "$toolchain/unpacking"
    for package in "$toolchain"/download/*.deb; do
        dpkg --fsys-tarfile "$package" | tar -x -C "$toolchain/unpacking" \
            --exclude='*/wasm32-emscripten/lto*' --exclude='*/wasm32-emscripten/pic' \
            --exclude='*/wasm64-emscripten' --exclude='./usr/share/emscripten/test' \
            --exclude='./usr/share/doc' --exclude='./usr/share/man'
    done
    # Only Debian's own Node searches Debian's folder of modules.
    ln -s /usr/share/nodejs "$toolchain/unpacking/usr/share/emscripten/node_modules"
    rm -rf "$toolchain/emscripten"
    mv "$toolchain/unpacking" "$toolchain/emscripten"
    rm -rf "$toolchain/download"
}

# Makes a wrapper for each Binaryen program, which starts it with Debian 13's dynamic loader.
wrap_binaryen() {
    local unpacked=$toolchain/emscripten bin=$toolchain/binaryen/bin loader lib program
    loader=$(compgen -G "$unpacked/usr/lib/*/ld-linux-*.so.*" | head -n 1)
    lib=${loader%/*}
    rm -rf "$toolchain/binaryen"
    mkdir -p "$bin"
    for program in "$unpacked"/usr/bin/wasm*; do
        printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$lib" "$program" \
            >"$bin/${program##*/}"
    done
    chmod +x "$bin"/*
}

# Emscripten reads the file .emscripten beside its programs, so no environment variable is needed.
configure_emscripten() {
    wrap_binaryen
    cat >"$toolchain/emscripten/usr/share/emscripten/.emscripten" <<END
LLVM_ROOT = '/usr/bin'
LLVM_ADD_VERSION = '19'
CLANG_ADD_VERSION = '19'
BINARYEN_ROOT = '$toolchain/binaryen'
NODE_JS = '$(command -v node)'
CACHE = '$toolchain/emscripten/usr/share/emscripten/cache'
FROZEN_CACHE = True
END
}

# The stamp contains the folder's path, as wrappers and configuration do: in a moved checkout the
# installation is repeated.
install_emscripten() {
    local stamp=$toolchain/emscripten.stamp
    usable_emcc && return 0
    [[ -e $stamp && $(<"$stamp") == "$toolchain" ]] && return 0
    rm -f "$stamp"
    if [[ ! -d $toolchain/emscripten ]]; then
        read_index
        step "downloading Emscripten 3.1.69 (250 MB)" download_emscripten
        step "unpacking Emscripten" unpack_emscripten
    fi
    step "configuring Emscripten" configure_emscripten
    printf '%s' "$toolchain" >"$stamp"
}

# ---------------------------------------------------------------- web servers

debian_servers=(nginx apache2 lighttpd h2o caddy busybox webfs merecat mini-httpd php-cli)

# Runs the machine's own apt, which reads the list of installed packages, with index and downloads in our
# folder: root is not needed, and nothing is installed or started.
apt_aside() {
    local command=$1 apt=$toolchain/servers/apt
    shift
    "$command" -q -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Debug::NoLocking=1 \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

# Downloads the servers one by one, since some packages conflict. Missing dependencies are downloaded too.
download_servers() {
    local apt=$toolchain/servers/apt package
    rm -rf "$toolchain/servers"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    apt_aside apt-get update
    for package in "${debian_servers[@]}"; do
        if [[ -z $(apt_aside apt-cache madison "$package") ]]; then
            echo "this Debian has no $package"
        else
            apt_aside apt-get -y --no-install-recommends --reinstall --download-only install "$package"
        fi
    done
}

unpack_servers() {
    local package servers=$toolchain/servers
    for package in "$servers"/apt/cache/archives/*.deb; do
        dpkg-deb --extract "$package" "$servers/root"
        # shellcheck disable=SC2016  # dpkg-deb expands these
        dpkg-deb --show --showformat='${Package} ${Version}\n' "$package" >>"$servers/versions"
    done
    rm -rf "$servers/apt"
}

install_servers() {
    local stamp=$toolchain/servers/stamp
    if ! have apt-get; then
        say "this is no Debian: of the web servers only those of npm and those that are here are tried"
        return 0
    fi
    [[ -e $stamp && $(<"$stamp") == "${debian_servers[*]}" ]] && return 0
    step "downloading web servers (20 MB)" download_servers
    step "unpacking web servers" unpack_servers
    printf '%s' "${debian_servers[*]}" >"$stamp"
}

# ---------------------------------------------------------------- sources of the dependencies

# Unpacks an archive into build/deps/NAME, whether or not it has a single folder at its top.
unpack_source() {
    local name=$1 archive=$2 entries
    rm -rf "${deps:?}/$name" "$deps/$name.part"
    mkdir -p "$deps/$name.part"
    tar -xf "$archive" -C "$deps/$name.part"
    mapfile -t entries < <(compgen -G "$deps/$name.part/*")
    if ((${#entries[@]} == 1)); then
        mv "${entries[0]}" "$deps/$name"
        rm -rf "$deps/$name.part"
    else
        mv "$deps/$name.part" "$deps/$name"
    fi
}

fetch_source() {
    local name=$1 file=$1_$2 sha256=$3
    mkdir -p "$deps/download"
    cd "$deps/download"
    if ! echo "$sha256  $file" | sha256sum --check --status 2>/dev/null; then
        rm -f "$file"
        apt13 apt-get source --tar-only --download-only "$name"
        echo "$sha256  $file" | sha256sum --check
    fi
    unpack_source "$name" "$file"
}

# Without apt CMake downloads the same commits.
fetch_sources() {
    local entry name version sha256 stamp
    have apt-get || return 0
    for entry in "${sources[@]}"; do
        read -r name version sha256 <<<"$entry"
        stamp=$deps/$name.stamp
        [[ -e $stamp && $(<"$stamp") == "$sha256" ]] && continue
        rm -f "$stamp"
        read_index
        step "fetching the source of $name" fetch_source "$name" "$version" "$sha256"
        printf '%s' "$sha256" >"$stamp"
    done
}

# ---------------------------------------------------------------- other processors

# QEMU and the libraries to link for Arm64 are unpacked, not installed: the host gets no foreign architecture.
apt13_arm64() {
    local apt=$toolchain/apt-arm64
    apt13 "$@" -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" \
        -o APT::Architecture=arm64 -o APT::Architectures=arm64
}

download_arm64() {
    mkdir -p "$toolchain/apt-arm64/lists/partial" "$toolchain/apt-arm64/cache/archives/partial"
    rm -rf "$toolchain/download"
    mkdir -p "$toolchain/download"
    cd "$toolchain/download"
    apt13 apt-get download qemu-user
    apt13_arm64 apt-get update
    apt13_arm64 apt-get download libc6-dev linux-libc-dev libgcc-14-dev zlib1g-dev liblzma-dev
}

unpack_arm64() {
    local package
    rm -rf "$toolchain"/arm64{,.part}
    mkdir -p "$toolchain/arm64.part"
    for package in "$toolchain"/download/*.deb; do
        dpkg --fsys-tarfile "$package" | tar -x -C "$toolchain/arm64.part" --exclude='./usr/share/*'
    done
    find "$toolchain/arm64.part/usr/bin" -type f ! -name qemu-x86_64 ! -name qemu-aarch64 -delete
    rm -rf "$toolchain/download"
    mv "$toolchain/arm64.part" "$toolchain/arm64"
}

install_processors() {
    [[ -d $toolchain/arm64 ]] && return 0
    read_index
    step "downloading QEMU and libraries for Arm64" download_arm64
    step "unpacking them" unpack_arm64
}

# ---------------------------------------------------------------- main

main() {
    local groups=("$@")
    ((${#groups[@]})) || groups=(build)
    mkdir -p "$toolchain" "$deps"
    lock setup
    install_packages "${groups[@]}"
    install_emscripten
    fetch_sources
    if [[ " ${groups[*]} " == *" engines "* ]]; then install_processors; fi
    if [[ " ${groups[*]} " == *" servers "* ]]; then install_servers; fi
}

for group in "$@"; do
    case $group in
        build | lint | test | engines | servers | fuzz | train) ;;
        -h | --help) help && exit 0 ;;
        *) wrong_usage "unknown group \"$group\"" ;;
    esac
done
main "$@"
