/* Tables of names of institutions for institutions.c. All words are as names_fold gives them. */
#ifndef RS_INSTITUTIONS_TABLES_H
#define RS_INSTITUTIONS_TABLES_H

#include <stddef.h>

/* Abbreviations and variants, and their full form; replaced where they occur as complete
 * words. */
static const char *const spellings[][2] = {
    {"uc", "university of california"},
    {"ucla", "university of california los angeles"},
    {"ucsb", "university of california santa barbara"},
    {"ucsc", "university of california santa cruz"},
    {"ucsd", "university of california san diego"},
    {"ucsf", "university of california san francisco"},
    {"ut southwestern", "university of texas southwestern"},
    {"ut austin", "university of texas austin"},
    {"uiuc", "university of illinois urbana"},
    {"suny", "state university of new york"},
    {"cuny", "city university of new york"},
    {"nyu", "new york university"},
    {"upenn", "university of pennsylvania"},
    {"cmu", "carnegie mellon university"},
    {"ucl", "university college london"},
    {"lmu", "ludwig maximilians university"},
    {"tum", "technical university of munich"},
    {"mit", "massachusetts institute of technology"},
    {"caltech", "california institute of technology"},
    {"georgia tech", "georgia institute of technology"},
    {"iit", "indian institute of technology"},
    {"mpi", "max planck institute"},
    {"nih", "national institutes of health"},
    {"hhmi", "howard hughes medical institute"},
    {"cnrs", "centre national de la recherche scientifique"},
    {"embl", "european molecular biology laboratory"},
    {"epfl", "swiss federal institute of technology lausanne"},
    {"ethz", "swiss federal institute of technology zurich"},
    {"eth", "swiss federal institute of technology"},
    {"ecole polytechnique federale de", "swiss federal institute of technology"},
    {"eidgenossische technische hochschule", "swiss federal institute of technology"},
    {"technische universitat", "technical university"},
    {"technische universitaet", "technical university"},
    {"tu", "technical university"},
    {"ku leuven", "university of leuven"},
    {"vu university", "free university"},
    {"freie", "free"},
    {"vrije", "free"},
    {"us department", "united states department"},
    {"usda", "united states department of agriculture"},
    {"technische universiteit", "technical university"},
    {"munchen", "munich"},
    {"koln", "cologne"},
    {"wien", "vienna"},
    {"geneve", "geneva"},
    {"roma", "rome"},
    {"milano", "milan"},
    {"lisboa", "lisbon"}};

/* Institutions of several campuses, without "of" and the like, and the names of the campuses;
 * "/" separates alternative names of one campus. */
typedef struct campus_system {
    const char *name;
    const char *campuses[18];
} campus_system;

static const campus_system systems[] = {
    {"university california",
     {"berkeley", "davis", "irvine", "los angeles", "merced", "riverside", "san diego/la jolla",
      "san francisco/san fransisco/san francis", "santa barbara", "santa cruz", NULL}},
    {"university texas",
     {"southwestern/dallas southwestern", "md anderson/m d anderson",
      "medical branch/galveston", "rio grande valley", "san antonio", "arlington", "austin",
      "dallas", "el paso", "houston", "permian basin", "tyler", NULL}},
    {"university illinois", {"chicago", "urbana/champaign", "springfield", NULL}},
    {"university north carolina",
     {"chapel hill", "charlotte", "greensboro", "wilmington", "asheville", "pembroke", NULL}},
    {"university colorado", {"boulder", "denver/anschutz/aurora", "colorado springs", NULL}},
    {"university massachusetts",
     {"amherst", "boston", "dartmouth", "lowell", "worcester/medical school/chan", NULL}},
    {"university wisconsin",
     {"madison", "milwaukee", "eau claire", "la crosse", "oshkosh", "green bay", "parkside",
      "platteville", "river falls", "stevens point", "stout", "superior", "whitewater", NULL}},
    {"university maryland",
     {"baltimore county", "college park", "baltimore/school medicine", "eastern shore", NULL}},
    {"university michigan", {"ann arbor", "dearborn", "flint", NULL}},
    {"university minnesota", {"minneapolis/twin cities/st paul", "duluth", "morris", NULL}},
    {"university missouri", {"columbia", "kansas city", "st louis/saint louis", NULL}},
    {"university nebraska", {"lincoln", "omaha/medical center", "kearney", NULL}},
    {"university alabama", {"birmingham", "huntsville", "tuscaloosa", NULL}},
    {"university alaska", {"anchorage", "fairbanks", "southeast", NULL}},
    {"university tennessee",
     {"knoxville", "memphis/health science", "chattanooga", "martin", NULL}},
    {"university washington", {"seattle", "tacoma", "bothell", NULL}},
    {"university nevada", {"las vegas", "reno", NULL}},
    {"university arkansas", {"fayetteville", "little rock", "pine bluff", "monticello", NULL}},
    {"university hawaii", {"manoa/honolulu", "hilo", NULL}},
    {"state university new york",
     {"albany", "binghamton", "buffalo", "stony brook", "downstate/brooklyn",
      "upstate/syracuse", "geneseo", "new paltz", "oswego", "plattsburgh", NULL}},
    {"california state university",
     {"los angeles", "long beach", "fullerton", "northridge", "fresno", "sacramento", "chico",
      "san bernardino", "san marcos", "east bay", "dominguez hills", "bakersfield",
      "monterey bay", "stanislaus", NULL}},
    {"indian institute technology",
     {"bombay/mumbai", "delhi", "madras/chennai", "kanpur", "kharagpur", "roorkee", "guwahati",
      "hyderabad", "gandhinagar", "patna", "ropar", "indore", "mandi", "jodhpur",
      "varanasi/bhu", "bhubaneswar", "dhanbad", NULL}},
    {"indian institute science education research",
     {"pune", "kolkata", "mohali", "bhopal", "thiruvananthapuram", "tirupati", "berhampur",
      NULL}},
    {"swiss federal institute technology", {"zurich", "lausanne", NULL}}};

/* Umbrella organisations: they employ or fund people who work in other institutions all over a
 * country, so their name is evidence only where no other institution is given. */
static const char *const umbrellas[] = {"howard hughes medical institute",
                                        "chinese academy sciences",
                                        "russian academy sciences",
                                        "center national recherche scientifique",
                                        "institute national sante recherche medicale",
                                        "medical research council",
                                        "consiglio nazionale ricerche",
                                        "max planck society",
                                        "japan science technology agency",
                                        "japan society promotion science",
                                        "inserm",
                                        "university london"};

/* Institutes distinguished only by the words that follow: these words alone are not a prefix
 * that identifies an institute. */
static const char *const families[] = {
    "max planck institute", "fraunhofer institute",      "leibniz institute",
    "kavli institute",      "wellcome trust center",     "national institute",
    "research institute",   "school normale superieure", "national institute health"};

/* Names shared by two universities: "Washington University" is not the University of
 * Washington. */
static const char *const two_universities[] = {"washington", "york", "miami", "newcastle",
                                               "lincoln"};

static const char *const nobody[] = {"na",
                                     "n a",
                                     "none",
                                     "null",
                                     "unaffiliated",
                                     "independent",
                                     "unknown",
                                     "independent researcher",
                                     "no affiliation",
                                     "private",
                                     "not affiliated",
                                     "non affiliated",
                                     "self employed"};

#endif
