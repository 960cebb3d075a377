"""Which author of a paper is its corresponding author?

bioRxiv names the authors "Berg, J. P. v. d." or "García-López, M." and the corresponding one in full and
in the other order: "Jan-Peter van den Berg", "María García López". Two names may be one person's when
their family names are equal and no initial contradicts: "J." goes with "Jan Peter", "A." does not.
Compared are letters only: no accents, blanks, hyphens; "ü" also as "ue". Particles ("van den") may be
missing on either side. Where several authors fit equally well, the answer is nobody.
"""

import re
import unicodedata

PARTICLES = frozenset(
    "al af av ben bin da dal das de degli dei del della den der des di do dos du el het la las le lo los st "
    "ter 't ten van vom von y zu zum zur v d".split()
)
SUFFIXES = frozenset("jr sr ii iii iv".split())
TITLES = frozenset("prof dr phd md msc".split())
LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def plain(text):
    """Lower case without accents."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return "".join(c for c in text if not unicodedata.combining(c))


def words(text):
    """The words of a name, folded; blanks, hyphens and full stops are between them."""
    text = re.sub(r"['’`ʼ‘]", "", plain(text))
    return [word for word in re.split(r"[\W_]+", text) if word and word not in SUFFIXES]


def initials(text):
    """ "jp" of "J.-P.", "Jean-Pierre", "J P" and "JP"; particles apart ("J. van den")."""
    found = ""
    for word in re.split(r"[\s.\-‐‑–_]+", text.strip()):
        letters = re.sub(r"[\W\d]", "", word)
        if not letters or plain(letters) in SUFFIXES:
            continue
        if letters.islower() and plain(letters) in PARTICLES:
            continue
        capitals = len(letters) <= 3 and letters.isupper()
        found += plain(letters) if capitals else plain(letters)[0]
    return found


def without_particles(family):
    kept = [word for word in family if word not in PARTICLES]
    return kept or family


def family_keys(family):
    """Spellings under which a family name is compared: as written, and German umlauts spelt out."""
    spelt = unicodedata.normalize("NFC", family.casefold()).translate(GERMAN)
    return [("".join(words(text)), "".join(without_particles(words(text)))) for text in (family, spelt)]


def same_family(a, b):
    """2 for equal, 1 for equal but for particles, 0 otherwise."""
    keys_a, keys_b = family_keys(a), family_keys(b)
    if any(x[0] and x[0] == y[0] for x in keys_a for y in keys_b):
        return 2
    return int(any(x[1] and x[1] == y[1] for x in keys_a for y in keys_b))


def first_word(given):
    """ "jean" of "Jean-Pierre"; "" where only initials are given."""
    word = next(iter(words(given)), "")
    return "" if len(word) == 1 or re.match(r"\s*[^\W\d_]{2,3}\b", given) and given.split()[0].isupper() else word


def same_given(a, b):
    """4 for equal first names and initials, 3 for equal initials, 2 when one's begin with the other's, 1 when a side
    has none, 0 for a contradiction: other initials, or first names written out that differ."""
    initials_a, initials_b = initials(a), initials(b)
    if not initials_a or not initials_b:
        return 1
    first_a, first_b = first_word(a), first_word(b)
    if first_a and first_b and not (first_a.startswith(first_b) or first_b.startswith(first_a)):
        return 0
    if initials_a == initials_b:
        return 4 if first_a and first_a == first_b else 3
    return 2 if initials_a.startswith(initials_b) or initials_b.startswith(initials_a) else 0


def readings(name):
    """(given, family) of a full name, likelier ones first: every split, then the family name in front."""
    if "," in name:
        family, _, given = name.partition(",")
        return [[(given, family)]]
    parts = [part for part in name.split() if plain(part).strip(".,") not in SUFFIXES | TITLES]
    last = [(" ".join(parts[:n]), " ".join(parts[n:])) for n in range(1, len(parts))]
    first = [(" ".join(parts[n:]), " ".join(parts[:n])) for n in range(1, len(parts))]
    return [last or [("", name)], first]


def fit(author, reading):
    """How well an author in the list fits a reading of the full name; 0 for not at all."""
    family, comma, given = author.partition(",")
    if not comma and any(words(author) == words(f"{g} {f}") for g, f in reading):
        return 100  # written out in the list as well
    # "Berg, J. van den": what stands behind the initials belongs to the family name.
    behind = [word for word in given.split() if word.islower() and plain(word) in PARTICLES]
    best = 0
    for full_given, full_family in reading:
        families = same_family(" ".join([*behind, family]), full_family)
        givens = same_given(given, full_given)
        # Without a given name only a name that is one word on both sides may fit.
        if givens == 1 and (given.strip() or full_given.strip()):
            givens = 0
        if families and givens:
            best = max(best, 10 * givens + families)
    return best


def corresponding(authors, name):
    """The index of the author who is `name`, None when it is nobody or cannot be told, and whether several fit."""
    for reading in readings(" ".join(name.split())):
        fits = [fit(author, reading) for author in authors]
        best = max(fits, default=0)
        if best:
            found = [i for i, value in enumerate(fits) if value == best]
            return (found[0], False) if len(found) == 1 else (None, True)
    return None, False
