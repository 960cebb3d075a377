"""tools/fetch/names.py: which author is the corresponding one."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools" / "fetch"))
import names  # noqa: E402

# authors, corresponding author, index of the one meant (None: nobody), whether several fit
CASES = [
    (["Doe, J. M.", "Roe, R."], "Jane M. Doe", 0, False),
    (["Doe, J. M.", "Roe, R."], "Jane Doe", 0, False),
    (["Doe, J.", "Roe, R."], "Jane M. Doe", 0, False),
    (["Doe, J. A.", "Roe, R."], "Jane M. Doe", None, False),
    (["Doe, J.", "Doe, J. M."], "Jane M. Doe", 1, False),
    (["Doe, J.", "Doe, J. M."], "Jane Doe", 0, False),
    (["Doe, J. M.", "Doe, J. A."], "Jane Doe", None, True),
    (["Wang, Y.", "Li, X.", "Wang, Y."], "Yan Wang", None, True),
    (["Wang, Yan", "Li, X.", "Wang, Ying"], "Ying Wang", 2, False),
    (["Doe, John"], "Jane Doe", None, False),
    (["Doe, Rob"], "Robert Doe", 0, False),
    (["Müller, T.", "Roe, R."], "Thomas Mueller", 0, False),
    (["Muller, T."], "Thomas Müller", 0, False),
    (["Sørensen, K. Å."], "Knud Åge Sorensen", 0, False),
    (["Łukasiewicz, J."], "Jan Lukasiewicz", 0, False),
    (["Mu\u0308ller, T."], "T. M\u00fcller", 0, False),
    (["van den Berg, J.", "Berg, A."], "Jan van den Berg", 0, False),
    (["Berg, J. van den"], "Jan van den Berg", 0, False),
    (["Berg, J."], "Jan van den Berg", 0, False),
    (["Van Den Berg, J.-P."], "Jan-Peter van den Berg", 0, False),
    (["de la Cruz, M."], "María De La Cruz", 0, False),
    (["Garcia-Lopez, M."], "María García López", 0, False),
    (["O'Brien, K."], "Kate O’Brien", 0, False),
    (["D’Angelo, E."], "Egidio D'Angelo", 0, False),
    (["Martin, J.-P."], "Jean-Pierre Martin", 0, False),
    (["Martin, JP"], "Jean-Pierre Martin", 0, False),
    (["Smith, MD"], "Mary Dee Smith", 0, False),
    (["Doe, J., Jr."], "John Doe Jr.", 0, False),
    (["Doe Jr., J."], "Dr. John Doe", 0, False),
    (["Li, X.-M.", "Ming, L."], "Xiao-Ming Li", 0, False),
    (["Zhang, W.", "Roe, R."], "Zhang Wei", 0, False),
    (["Suharto", "Roe, R."], "Suharto", 0, False),
    (["The Brain Consortium", "Roe, R."], "Brain Consortium", None, False),
    (["Jane Doe", "Roe, R."], "Jane Doe", 0, False),
    (["Doe, J.", "Roe, R."], "Doe, Jane", 0, False),
    (["Doe, J."], "Richard Roe", None, False),
    (["Doe, J."], "Doe", None, False),
    (["毛, 泽"], "泽 毛", 0, False),
    ([], "Jane Doe", None, False),
    (["Doe, J."], "", None, False),
    ([",", "."], "Jane Doe", None, False),
]


class Corresponding(unittest.TestCase):
    def test_cases(self):
        for authors, name, index, several in CASES:
            with self.subTest(authors=authors, name=name):
                self.assertEqual(names.corresponding(authors, name), (index, several))


if __name__ == "__main__":
    unittest.main()
