"""What the contract's tests expect of each variant, where it is not what they expect of all."""

TRAINED_BRIEFLY = ("student", "student_alone", "lora", "qlora")
RECOVERED_BRIEFLY = ("pruned", "pruned_control")
BRIEF = ("batch=1", "length=16")
TINY = (
    *(f"{name}.{said}" for name in TRAINED_BRIEFLY for said in ("steps=3", *BRIEF)),
    *(f"{name}.{said}" for name in RECOVERED_BRIEFLY for said in ("recovery=3", *BRIEF)),
    "onnx_int8.block=32",
    "onnx_int4.block=32",
)
"""Options that keep training short, and blocks that fit the tiny widths."""

SAME = ("teacher", "flash", "eager", "sdpa_math", "prompt_lookup", "speculative", "compiled")
"""Variants that are the teacher's weights as they are, run by torch."""
SIMULATED = ("pruned_magnitude", "sparse24")
ADAPTED = ("lora", "qlora")
TRAINED = ("student", "student_alone", "pruned", "pruned_control", "student+pruned", *ADAPTED)
"""Variants that a training moves away from what they are made from."""
FLOAT = (*SAME, *SIMULATED, "student", "student_alone", "pruned", "pruned_control",
         "student+pruned", "lora", "lora_merged", "onnx")  # fmt: skip
"""Variants whose arithmetic is float32, so that equal means equal."""
ONE_ROW = ("speculative", "prompt_lookup")
"""Variants that write one row at a time; they say so where they are given more."""
HOLDS = {"speculative": ("teacher", "student")}
"""Whose weights the folder of a variant holds together."""
SLOW = ("compiled",)
"""Variants that take minutes here, and have tests of their own besides."""

NEAR = {
    **dict.fromkeys(SAME, 1e-5),
    "onnx": 1e-5,
    "lora_merged": 1e-5,
    "half": 0.03,
    "int8": 0.05,
    "int8_weight": 0.05,
    "onnx_int8": 0.05,
    "openvino": 0.05,
    "gguf_q8": 0.05,
    "int8_static": 0.15,
    "awq": 0.5,
    "gptq": 0.6,
    "int4": 0.5,
    "onnx_int4": 0.6,
    "gguf_q4": 0.6,
    "nf4": 0.7,
    "pruned_magnitude": 0.7,
    "sparse24": 1.3,
}
"""By recipe: greatest root mean square difference to the base's logits, in their deviations.

Random weights are the worst case for few bits: a tenth of every layer is rounding. Nor are there
weights that matter little: what has nothing in common with the base is at 1.41, and two zeros in
four come near it.
"""
SIZES = {
    **dict.fromkeys((*SAME, *SIMULATED, "pruned_control"), (1, 1)),
    "speculative": (1.01, 2),
    "onnx": (1, 1.4),
    "pruned": (0, 0.95),
    "lora": (1.01, 1.3),
    "lora_merged": (1, 1.2),
}
"""Bytes on disk over the teacher's; all others: below 0.8. A tiny model's graph weighs."""
ATTENTION = {
    "eager": "written out",
    "sdpa_math": "_scaled_dot_product_attention_math",
    "gguf_q8": "written out",
    "gguf_q4": "written out",
    "onnx": "GroupQueryAttention",
    "onnx_int8": "GroupQueryAttention",
    "onnx_int4": "GroupQueryAttention",
    "openvino": "compiled",
}
"""What the proof says of attention where it is not torch's default on a CPU, flash."""
ENDINGS = {".safetensors", ".json", ".jinja", ".onnx", ".data", ".xml", ".bin", ".gguf"}
"""Of all files that a folder may hold: none of them can run code."""
