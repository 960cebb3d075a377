/* The version is the same in all the forms in which it is told. */
#include <refscout.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    char composed[40];
    snprintf(composed, sizeof composed, "%d.%d.%d", RS_VERSION_MAJOR, RS_VERSION_MINOR,
             RS_VERSION_PATCH);
    return strcmp(composed, RS_VERSION) || strcmp(composed, rs_version());
}
