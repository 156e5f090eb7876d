"""The models of the room that uses what is heard."""

from tests.predict.conftest import headers, make_model, text_model

__all__ = ["headers", "make_model", "text_model"]
