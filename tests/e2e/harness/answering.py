"""What another proxy asks, for each place that answer.original names."""
PATH, FORWARDED, ORIGINAL = "path", "x-forwarded", "x-original"


def answering(original, **more):
    return {"answer": {"address": "127.0.0.1:0", "original": original, **more}}


def forwarded(method="GET", uri="/v1/x", host="api.test"):
    return [("X-Forwarded-Method", method), ("X-Forwarded-Uri", uri), ("X-Forwarded-Host", host)]


def by_original(method="GET", uri="/v1/x"):
    return [("X-Original-Method", method), ("X-Original-URI", uri)]


# How a request for `uri` is asked about, for each place that the original is read from.
def question(original, uri="/v1/x", method="GET", endpoint="/auth"):
    if original == PATH:
        return {"target": endpoint + uri, "method": method}
    return {"target": endpoint, "fields": forwarded(method, uri) if original == FORWARDED else by_original(method, uri)}
