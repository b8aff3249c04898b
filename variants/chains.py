"""Chains worth having declared; any other comes from the command line (`--chain student+int4`)."""

from variants.int4 import int4
from variants.int8 import int8
from variants.pruned import pruned

student_int8 = int8.on("student")
student_pruned = pruned.on("student")
student_pruned_int8 = int8.on("student+pruned")
student_pruned_int4 = int4.on("student+pruned")
pruned_int8 = int8.on("pruned")
