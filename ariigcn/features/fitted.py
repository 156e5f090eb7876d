"""Features that have seen labels, and a validation split that is made of these labels."""

from collections.abc import Sequence


def selection_problem(corpus: str, modalities: Sequence[str]) -> str:
    """Why validation selects nothing, and what to do.

    Args:
        corpus: whose validation split was cut from training.
        modalities: those whose encoder has seen the labels of training.
    """
    return (
        f"{corpus}: the validation split was drawn from training, and the encoder of "
        f"{' and '.join(modalities)} has seen its labels, so its scores are far too high and "
        f"cannot select; set training.selection to 'last' with training.epochs, or use other "
        f"features. To select by it anyway, write the reason into training.accept_fitted"
    )
