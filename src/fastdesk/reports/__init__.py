"""Reports: events enter, figures leave.

A follower of the store keeps what is known of each conversation (`facts`) and what that comes to in each quarter of an hour
(`rollups`); a report only adds up the latter. Neither holds a word that anybody wrote.
"""

from fastdesk.reports.catalog import REPORTS, Column, Report
from fastdesk.reports.reading import Period, Table, read_conversations, read_table, read_unanswered
from fastdesk.reports.rollups import RollUps

__all__ = [
    "REPORTS",
    "Column",
    "Period",
    "Report",
    "RollUps",
    "Table",
    "read_conversations",
    "read_table",
    "read_unanswered",
]
