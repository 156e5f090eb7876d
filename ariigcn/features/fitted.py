"""Features that have seen labels, and a validation split that is made of these labels."""

from collections.abc import Sequence


def selection_problem(corpus: str, modalities: Sequence[str]) -> str:
    """Why validation selects nothing, and what to do.

    Args:
        corpus: whose validation split was cut from training.
        modalities: those whose encoder has seen the labels of training.
    """
    return (
        f"{corpus}: the validation split was cut from training, whose labels the encoder of "
        f"{' and '.join(modalities)} has seen, so that its scores are far too high and select nothing; "
        "set training.selection to 'last' with training.epochs, or take other features. Or say in "
        "training.accept_fitted why you select by it all the same"
    )
