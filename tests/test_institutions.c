/* The rule of institutions.h, with affiliations as papers print them. */
#include "people/institutions.h"

#include <string.h>

#include "check.h"

static void compare(const char *a, const char *b, bool want) {
    institution x, y;
    institutions_read(a, &x);
    institutions_read(b, &y);
    check_in("%s ~ %s", a, b);
    CHECK_EQ(institutions_same(&x, &y), want);
    CHECK_EQ(institutions_same(&y, &x), want);
    check_out();
}

static void same(const char *a, const char *b) { compare(a, b, true); }
static void differ(const char *a, const char *b) { compare(a, b, false); }

static void test_universities(void) {
    same("University of Eastmoor", "Coastal Vision Laboratory, University of Eastmoor");
    same("Dept. of X, University of Eastmoor, Northmere, UK", "the university of eastmoor");
    same("University of Eastmoor", "University of Eastmoor Medical School");
    same("University of Eastmoor School of Law", "University of Eastmoor Medical Centre");
    same("Cambridge University", "Department of Physics, University of Cambridge");
    same("Universität Zürich", "University of Zurich");
    same("Georg-August-Universität Göttingen", "University of Göttingen");
    same("Technische Universität München", "TU Munich");
    same("Harvard Medical School", "Harvard University");
    same("Harvard T.H. Chan School of Public Health", "Harvard University");
    same("Stanford University School of Medicine", "Stanford University, CA 94305, USA");
    same("Washington University in St. Louis", "Washington University School of Medicine");
    same("Eastmoor University and Institute for Tides", "Eastmoor University");
    same("Harvard", "Harvard University");
    same("Queen Mary, University of London", "Queen Mary University of London");
    differ("Department of Psychology, University of Eastmoor, UK",
           "Department of Psychology, University of Westmoor, UK");
    differ("University of Washington", "Washington University in St. Louis");
    differ("University of Pennsylvania", "Pennsylvania State University");
    differ("University of New York", "University of York");
    differ("University of Hong Kong", "The Chinese University of Hong Kong");
    differ("Nanjing University", "Nanjing University of Science and Technology");
    differ("Technical University of Munich", "Technical University of Denmark");
    differ("Erasmus University Medical Center", "University Medical Center Utrecht");
    differ("Birkbeck College, University of London", "Goldsmiths, University of London");
    differ("Centre Hospitalier Universitaire", "Bar-Ilan University");
    differ("Universal Robots", "University of Eastmoor");
}

static void test_campuses(void) {
    same("University of California, San Diego", "UCSD");
    same("Department of Dermatology, University of California San Francisco, CA, USA",
         "Howard Hughes Medical Institute, University of California, San Francisco");
    same("University of California, San Diego, La Jolla", "University of California, La Jolla");
    same("UC Berkeley", "University of California at Berkeley");
    same("University of California", "University of California, Davis"); /* in doubt */
    same("University of California, Office of the President", "UCLA");
    same("IIT Bombay", "Indian Institute of Technology, Mumbai");
    same("ETH Zürich", "Swiss Federal Institute of Technology Zurich");
    differ("University of California, Berkeley", "University of California, San Diego");
    differ("David Geffen School of Medicine, University of California, Los Angeles", "UCSF");
    differ("Department of Medicine University of California, San Diego",
           "University of California, Irvine");
    differ("University of Texas at Austin", "The University of Texas, Dallas");
    differ("University of Texas Southwestern Medical Center, Dallas",
           "University of Texas MD Anderson Cancer Center");
    differ("University of California, Berkeley", "University of Southern California");
    differ("Indian Institute of Technology, Delhi", "Indian Institute of Technology Madras");
    differ("UC Health Sciences: Gifts, University of California, San Diego", "UC Davis");
    differ("EPFL", "ETH Zurich");
}

static void test_institutes(void) {
    same("Institute for Systems Memory, Northmere", "Institute for Systems Memory");
    same("Salk Institute", "The Salk Institute for Biological Studies, La Jolla, USA");
    same("Institut Pasteur", "Pasteur Institute");
    same("Boston Children's Hospital", "Children’s Hospital Boston, Harvard Medical School");
    same("Wellcome Trust Sanger Institute", "Sanger Institute, Hinxton");
    same("National Institute of Mental Health, National Institutes of Health", "NIH");
    same("Albert Einstein College of Medicine",
         "Albert Einstein College of Medicine of Yeshiva University");
    differ("Institute for Systems Memory, Northmere", "Institute of Optics, Northmere");
    differ("Institute of Physics, Kyiv, Ukraine", "Institute of Physics, Lviv, Ukraine");
    differ("Institute of Physics, Eastmoor University",
           "Institute of Physics, Westmoor University");
    differ("Max Planck Institute for Brain Research", "Max Planck Institute for Ornithology");
    differ("Max Planck Institute", "Max Planck Institute for Ornithology");
    differ("Neuroscience Institute, Georgia State University",
           "Princeton Neuroscience Institute, Princeton University");
    differ("Howard Hughes Medical Institute, Yale University",
           "Howard Hughes Medical Institute, Harvard University");
    differ("Medical Research Council", "Medical Research Council Laboratory of Tides");
    differ("Japan Science and Technology Agency, Kyoto University",
           "Japan Science and Technology Agency");
    differ("CNRS UMR 7275", "CNRS UMR 3215");
    differ("CNRS, University of Eastmoor", "CNRS, University of Westmoor");
}

static void test_others(void) {
    same("Google", "Google Research, London");
    same("Google, London", "google inc.");
    same("B", "b");
    differ("Google, London", "DeepMind, London");
    differ("London", "Google, London");
    differ("", "");
    differ("N/A", "N/A");
    differ(" , ; ", " , ; ");
    differ("Independent researcher", "independent researcher");
}

static void test_departments(void) {
    differ("Department of Physics", "Department of Physics");
    differ("Department of Physics, Berlin", "Department of Physics, Berlin");
    differ("Faculty of Medicine", "Faculty of Medicine, University of Eastmoor");
    differ("School of Medicine", "School of Medicine");
    differ("Physics Department, Eastmoor University",
           "Physics Department, Westmoor University");
    differ("Laboratory of Biology", "Laboratory of Biology");
}

static void test_umbrellas(void) {
    institution read;
    institutions_read("HHMI", &read);
    CHECK(institutions_is_umbrella(&read));
    institutions_read("Japan Science and Technology Agency", &read);
    CHECK(institutions_is_umbrella(&read));
    institutions_read("CNRS UMR 7275", &read);
    CHECK(institutions_is_umbrella(&read));
    institutions_read("Howard Hughes Medical Institute, Yale University", &read);
    CHECK(!institutions_is_umbrella(&read));
    institutions_read("", &read);
    CHECK(!institutions_is_umbrella(&read));
}

/* More than fits is cut, never written behind the end. */
static void test_long(void) {
    char text[6000];
    institution read;
    for (size_t i = 0; i + 12 < sizeof text; i += 12) memcpy(text + i, "University, ", 12);
    text[sizeof text - 12] = 0;
    institutions_read(text, &read);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    institutions_read(text, &read);
    CHECK(read.used <= INSTITUTION_MAX_BYTES);
    for (size_t i = 0; i + 20 < sizeof text; i += 20)
        memcpy(text + i, "uc X University of, ", 20);
    institutions_read(text, &read);
    CHECK(read.used <= INSTITUTION_MAX_BYTES && read.count <= INSTITUTION_MAX_NAMES);
    CHECK(institutions_same(&read, &read));
}

int main(void) {
    test_universities();
    test_campuses();
    test_institutes();
    test_others();
    test_departments();
    test_umbrellas();
    test_long();
    return check_result();
}
