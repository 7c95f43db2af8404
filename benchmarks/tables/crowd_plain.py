import dataclasses

from . import crowd


def measure(bench, options):
    return crowd.measure(bench, options, tls=False)


TABLE = dataclasses.replace(crowd.TABLE, name="crowd_plain", title=crowd.TABLE.title + ", without TLS", measure=measure)
