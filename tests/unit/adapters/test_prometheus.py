"""Reading metrics pages of any kind, and percentiles from their buckets."""

from __future__ import annotations

import numpy as np
import pytest

from engine.adapters.agents_read import percentile_ms
from engine.adapters.prometheus import parse

PAGE = r"""# HELP http_requests_total The "total".
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{code="400",method="post"}    3
path{where="C:\\DIR\\\"x\"\n{a=1}"} 1.458255915e9
no_labels 12.47
small -1e-6
odd{le="+Inf"} +Inf
not_a_number{a="b"} nonsense
"""


def test_a_page_is_read_whatever_the_order_of_its_labels():
    found = parse(PAGE, 7)
    assert found.at_ns == 7
    assert found.value("http_requests_total", code="200", method="post") == 1027
    assert found.value("http_requests_total", method="post", code="400") == 3
    assert found.value("path", where='C:\\DIR\\"x"\n{a=1}') == 1.458255915e9
    assert found.value("no_labels") == 12.47
    assert found.value("small") == -1e-6
    assert found.value("odd", le="+Inf") == float("inf")
    assert found.value("not_a_number", a="b") is None
    assert found.value("nothing") is None
    assert parse("<html>no metrics</html>", 0).values == {}


def test_a_percentile_lies_in_the_bucket_of_the_true_one():
    values = np.random.default_rng(5).lognormal(-6, 1, 20_000)
    bounds = [2**n / 1e6 for n in range(4, 24)] + [float("inf")]
    buckets = [(bound, float(np.count_nonzero(values <= bound))) for bound in bounds]
    for q in (50, 95, 99):
        true = np.quantile(values, q / 100) * 1e3
        assert true / 2 <= percentile_ms(buckets, q) <= true * 2


def test_too_few_samples_have_no_percentile():
    assert percentile_ms([], 99) is None
    assert percentile_ms([(0.1, 999.0), (float("inf"), 999.0)], 99) is None
    assert percentile_ms([(0.1, 1000.0), (float("inf"), 1000.0)], 99) == pytest.approx(99.0)
    assert percentile_ms([(0.1, 900.0), (float("inf"), 1000.0)], 99) is None
