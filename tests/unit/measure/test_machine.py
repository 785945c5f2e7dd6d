from engine.measure.machine import described, this_machine


def test_a_machine_is_described_by_its_cores_its_memory_and_its_system():
    here = this_machine()
    assert described(here) == described(this_machine())
    assert described(here).startswith(f"{here.cpu_count} cores, ")
    for change in ({"cpu_count": 99}, {"memory_gb": 0.5}, {"system": "Plan9 mips"}):
        assert described(here.model_copy(update=change)) != described(here)
