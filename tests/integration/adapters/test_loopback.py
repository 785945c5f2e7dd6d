import pytest

from engine.adapters.loopback import LoopbackTarget
from engine.model.errors import ConfigurationError, TargetError
from tests.servers import unused_port


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "http://example.org/",
        "http://10.0.0.1/",
        "http://[fe80::1]/",
        "ftp://localhost/",
        "http://localhost:notaport/",
        "nonsense",
        "",
    ],
)
def test_only_http_and_https_on_this_machine_is_a_target(url):
    with pytest.raises(ConfigurationError, match="--target"):
        LoopbackTarget(url)


def test_a_target_nobody_serves_is_refused_before_the_first_request():
    with unused_port() as port, pytest.raises(TargetError, match="start the target first"):
        LoopbackTarget(f"http://127.0.0.1:{port}").start("run")
