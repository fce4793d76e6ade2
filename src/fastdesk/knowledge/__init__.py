"""The knowledge base: articles in, ranked and sourced answers out, with no embedding service needed.

Enters: a tenant's articles (`fastdesk.model.article`), its settings, queries. Leaves: hits, decisions, proposals for new
articles. Never here: storage, network, clocks. A `KnowledgeIndex` is an immutable snapshot; who owns it builds the next
one in a thread and swaps the reference.
"""

from fastdesk.knowledge.evaluation import AskedQuestion, Confusion, Evaluation, evaluate
from fastdesk.knowledge.hits import Answer, Decision, Hit, Nothing, Snippet, Source, Suggest
from fastdesk.knowledge.index import KnowledgeIndex
from fastdesk.knowledge.settings import KnowledgeSettings
from fastdesk.knowledge.vectors import Embedder, Passage, embed_passages

__all__ = [
    "Answer",
    "AskedQuestion",
    "Confusion",
    "Decision",
    "Embedder",
    "Evaluation",
    "Hit",
    "KnowledgeIndex",
    "KnowledgeSettings",
    "Nothing",
    "Passage",
    "Snippet",
    "Source",
    "Suggest",
    "embed_passages",
    "evaluate",
]
