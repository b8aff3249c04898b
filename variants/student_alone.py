"""student_alone: the student trained without its teacher: what `student` is compared with."""

from dataclasses import replace

from variants import student

student_alone = replace(
    student.student,
    name="student_alone",
    summary="the same layers, steps and text, without the teacher",
    options=student.Options(loss="ce"),
)
