"""Out of memory, in words that help."""

import sys

from .method import Method

_CPU_ALLOCATOR = "DefaultCPUAllocator"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, on an accelerator or on the machine."""
    torch = sys.modules.get("torch")
    on_accelerator = torch is not None and isinstance(error, torch.OutOfMemoryError)
    on_machine = isinstance(error, RuntimeError) and _CPU_ALLOCATOR in str(error)
    return isinstance(error, MemoryError) or on_accelerator or on_machine


def advice(method: Method) -> str:
    """The settings that would take less memory, with the values that they have now."""
    ways = []
    if method.batch_size > 1:
        ways.append(
            f"lower method.batchSize ({method.batch_size}) and raise method.gradientAccumulation"
            f" ({method.gradient_accumulation}) by as much"
        )
    ways.append(f"lower method.maxLength ({method.max_length})")
    if not method.gradient_checkpointing:
        ways.append("set method.gradientCheckpointing to true")
    if method.precision != "bf16":
        ways.append('set method.precision to "bf16"')
    if method.kind == "full":
        ways.append('set method.kind to "lora"')
    return "; or ".join(ways)
