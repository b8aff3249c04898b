"""A plugin for sessions on a machine whose processors others use without end; `-p` hands it on."""

from time import perf_counter

from bench import conditions, sensors

conditions.SHORTEST = 0.0  # stand-ins are quick
sensors.processor_seconds = lambda cores: (1e3 * perf_counter(), 0.0)
