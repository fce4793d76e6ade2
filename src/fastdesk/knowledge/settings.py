"""What a tenant may turn in its knowledge base."""

from msgspec import Struct

__all__ = ["KnowledgeSettings"]


class KnowledgeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds and words of one tenant.

    The scores compared are probabilities: of a hundred questions scored 0.6, about sixty are answered rightly.
    """

    answer_at: float = 0.6
    """From this score on the best article answers by itself."""
    suggest_at: float = 0.2
    """From this score on the best three are offered as buttons; below it nothing is said."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Words of this tenant that mean the same, each inner tuple one meaning; added to the built-in ones."""
    max_chunk_characters: int = 1_200
    """Longer sections of an article are cut at a paragraph."""
    max_model_questions: int = 4_096
    """Questions the intent model may learn from; its memory grows with the square (64 MB for 4,096). 0 turns it off."""
    vector_floor: float = 0.5
    """Cosine below which two embeddings count as unrelated; depends on the embedding model. Unused without vectors."""
