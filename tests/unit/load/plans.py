"""Any plan: every kind of profile with any rates and times, for properties."""

from hypothesis import strategies as st

from engine.model.scenario import LoadProfile, LoadProfileType

rates = st.floats(0.5, 3000)
seconds = st.floats(0, 40)
some = st.floats(0.2, 40)


def ramps():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.RAMP_UP),
        start_tps=st.floats(0, 2000),
        peak_tps=rates,
        sustained_tps=st.floats(0, 2000),
        ramp_up_seconds=seconds,
        hold_seconds=st.none() | seconds,
        ease_seconds=seconds,
        ramp_down_seconds=seconds,
    )


def bursts():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.BURST),
        sustained_tps=rates,
        burst_tps=rates,
        burst_duration_seconds=some,
        burst_interval_seconds=some,
        first_burst_seconds=seconds,
    )


def waves():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.WAVE),
        sustained_tps=rates,
        wave_amplitude=st.floats(0, 1),
        wave_period_seconds=some,
    )


def chaos():
    return st.builds(
        LoadProfile,
        profile_type=st.just(LoadProfileType.CHAOS),
        chaos_min_tps=st.floats(0, 0.5),
        chaos_max_tps=rates,
        chaos_change_interval_seconds=some,
    )


def sustained():
    return st.builds(
        LoadProfile, profile_type=st.just(LoadProfileType.SUSTAINED), sustained_tps=rates
    )


load_profiles = st.one_of(ramps(), bursts(), waves(), chaos(), sustained())
durations = st.floats(1, 60)
