"""The native core: mechanisms without business words, a clock or I/O. This file is its only door.

Enters: plain objects, sizes in bytes, times in nanoseconds of any monotonic clock. Leaves: plain objects and
built-in errors. Everything is bounded by constructor arguments; each contract stands in its class docstring.
"""

from fastdesk._core.alphabet import SEPARATORS
from fastdesk._core.bloom import BloomFilter
from fastdesk._core.checksum import checksum
from fastdesk._core.id_table import IdTable
from fastdesk._core.index_terms import index_terms
from fastdesk._core.json_form import JsonForm
from fastdesk._core.keyword_matcher import KeywordMatcher
from fastdesk._core.lru import LRUCache
from fastdesk._core.pack import PackForm, pack_plain_dict
from fastdesk._core.request_scan import read_request_line, take_front
from fastdesk._core.response_scan import plain_body
from fastdesk._core.struct_fields import StructFields
from fastdesk._core.text_scan import (
    SignSet,
    has_controls,
    has_full_width,
    has_long_number,
    is_bordered,
    is_name,
    scripts,
    utf8_length,
)
from fastdesk._core.token_bucket import BucketTable, TokenBucket
from fastdesk._core.unpack import RunReader, split_array
from fastdesk._core.ws_assembler import MessageAssembler
from fastdesk._core.ws_endpoint import WsEndpoint, WsLimits
from fastdesk._core.ws_listener import WsConnection
from fastdesk._core.ws_protocol import WsProtocol

__all__ = [
    "SEPARATORS",
    "BloomFilter",
    "BucketTable",
    "IdTable",
    "JsonForm",
    "KeywordMatcher",
    "LRUCache",
    "MessageAssembler",
    "PackForm",
    "RunReader",
    "SignSet",
    "StructFields",
    "TokenBucket",
    "WsConnection",
    "WsEndpoint",
    "WsLimits",
    "WsProtocol",
    "checksum",
    "has_controls",
    "has_full_width",
    "has_long_number",
    "index_terms",
    "is_bordered",
    "is_name",
    "pack_plain_dict",
    "plain_body",
    "read_request_line",
    "scripts",
    "split_array",
    "take_front",
    "utf8_length",
]
