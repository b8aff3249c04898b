"""Chains worth having declared; any other comes from the command line (`--chain student+int4`)."""

from variants.int8 import int8

student_int8 = int8.on("student")
