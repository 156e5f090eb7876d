"""Whether words are English, by cheap signs: letters of another script, and how rare function words are.

Both bounds are conservative: no conversation of MELD falls below the second, see the test.
"""

import unicodedata
from collections.abc import Iterable

# Frequent English words that German, Dutch, French, Spanish, Italian and Portuguese do not have.
_WORDS = """
the and to of that it is you i i'm it's that's don't my your his with for on not are this be have we they
but at what she all there can just know like from or if how out up about get got would yeah yes okay ok oh
hey well right think going want who why when where them him their been had has did didn't can't won't isn't
you're we're they're i'll i've were does doing then than here because good one our us some very really
let's thank thanks please sorry could should
"""
FUNCTION_WORDS = frozenset(_WORDS.split())
FEWEST = 25  # fewer words say too little
RAREST = 0.12  # below this share of function words
FOREIGN_LETTERS = 0.3


def not_english(texts: Iterable[str]) -> str:
    """Empty, or why the words of a conversation are probably not English."""
    words = " ".join(texts).lower().replace("\u2019", "'").split()
    letters = [letter for word in words for letter in word if letter.isalpha()]
    if not letters:
        return ""
    other = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    if len(letters) >= FEWEST and other > FOREIGN_LETTERS * len(letters):
        return f"{other / len(letters):.0%} of its letters are of another script"
    plain = [word.strip(".,;:!?\"'()[]-\u2026\u00bf\u00a1\u201c\u201d\u201e") for word in words]
    plain = [word for word in plain if word]
    if len(plain) < FEWEST:
        return ""
    share = sum(word in FUNCTION_WORDS for word in plain) / len(plain)
    return f"{share:.0%} of its words are frequent English ones" if share < RAREST else ""
