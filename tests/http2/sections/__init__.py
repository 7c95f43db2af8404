"""The table, by the parts of the RFCs."""

from . import beginning, compression, control, fields, flow, layout, messages, streams

PARTS = (beginning, layout, streams, control, flow, messages, fields, compression)


def all_cases(requests):
    return [case for part in PARTS for case in part.cases(requests)]
