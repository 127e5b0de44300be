"""The allocator: size classes with free lists over 64 KB blocks, swept lazily, block by block.

    p = Ptr[GCtab](alloc(g, GCTAB_SIZE))      fast path: pop from a free list, add to gc_total

A block holds cells of one size.  Each size class lists its blocks in address order and works through them
with a cursor: refilling the free list takes the next few cells without a mark bit.  A fresh block has no
marks, so that new memory and swept memory are the same case.  After marking, the collector only rewinds the
cursors: sweeping happens here, when memory is wanted, and never touches a live object.

There are two sets of mark bits: `gc_taken`, made by the last cycle, is what sweeping goes by; `gc_marks` is
made by the cycle under way, and takes the other's place when that is over.  New objects have no bit in
either, but for those made between marking and that moment (SWEEP), which would be lost: these are made
marked.

Cells above MEDIUM_MAX are runs ("spans") of whole blocks; only the pages in use are backed by memory.

Invariants: cells are 16-byte aligned; a cell behind its class's cursor is in use, or on the free list, or
free after the cycle; one ahead of it is free unless its bit in `gc_taken` is set; in SWEEP all cells of free
lists are marked.  Memory is not cleared.  `alloc` never collects: collection
happens at `gc_check` only, so natives may hold fresh objects in locals.
"""

from __future__ import annotations

from ir.objects import VM
from jitvm.native import Ptr, Struct, inline, likely, native, u8, u32, u64, unlikely
from jitvm.runtime.upcalls import Upcall

BLOCK_SHIFT = 16
BLOCK_SIZE = 1 << BLOCK_SHIFT
#: Classes 1 .. SMALL_MAX / 16 are multiples of 16: exact for short arrays, hash parts and objects.
SMALL_MAX = 1040
#: Larger classes fit the arrays (2^n + 1 slots) and hash parts (24 * 2^n bytes) of growing tables.
MEDIUM = (1280, 1536, 1808, 2064, 2560, 3088, 3600, 4112, 5136, 6160, 8208, 10912, 13104, 16400, 21840, 32768)
MEDIUM_MAX = MEDIUM[-1]
CLASS_SIZES = (0, *range(16, SMALL_MAX + 1, 16), *MEDIUM)
#: Block.size of a span of whole blocks; 0 is a free block.
LARGE = 1 << 31
PAGE = 4096
#: Cells swept at a time.
REFILL = 64
#: Prototypes start here, relative to heap_base.
CODE_OFFSET = 32 << 20
OUT_OF_MEMORY = int(Upcall.OUT_OF_MEMORY)
#: What the collector is at (gc.py): nothing; old marks are cleared; objects are marked; the same, to the end,
#: at one go; dead strings are taken out of the intern table.
PAUSE, CLEAR, MARK, ATOMIC, SWEEP = range(5)

assert all(size % 16 == 0 for size in CLASS_SIZES) and len(CLASS_SIZES) < 256


class Block(Struct):
    """Beside the arena.  `next` chains the blocks of a class or the free spans; of a large span it is the
    size in pages."""

    size: u32
    next: u32
    order: u32  # Place in the list of its class.
    span: u32  # Blocks in a large or free span.


class SizeClass(Struct):
    """One size of cells.  Block indexes; 0 is no block."""

    size: u32
    cells: u32
    first: u32
    last: u32
    block: u32  # The one being swept.
    cursor: u32  # Its next cell.


@inline
def block_at(g: Ptr[VM], index: u32) -> Ptr[Block]:
    return Ptr[Block](g.gc_blocks) + index


@inline
def block_index(g: Ptr[VM], p: u64) -> u32:
    return u32((p - g.heap_base) >> BLOCK_SHIFT)


@inline
def class_at(g: Ptr[VM], cls: u32) -> Ptr[SizeClass]:
    return Ptr[SizeClass](g.gc_classes) + cls


@inline
def is_marked(g: Ptr[VM], p: u64) -> bool:
    index = (p - g.heap_base) >> 4
    return (Ptr[u64](g.gc_marks)[index >> 6] >> (index & 63) & 1) != 0


@inline
def set_mark(g: Ptr[VM], p: u64) -> None:
    index = (p - g.heap_base) >> 4
    words = Ptr[u64](g.gc_marks)
    words[index >> 6] = words[index >> 6] | u64(1) << (index & 63)


@inline
def is_taken(g: Ptr[VM], p: u64) -> bool:
    index = (p - g.heap_base) >> 4
    return (Ptr[u64](g.gc_taken)[index >> 6] >> (index & 63) & 1) != 0


@inline
def clear_bit(g: Ptr[VM], marks: u64, p: u64) -> None:
    index = (p - g.heap_base) >> 4
    words = Ptr[u64](marks)
    words[index >> 6] = words[index >> 6] & ~(u64(1) << (index & 63))


@native
def forget_mark(g: Ptr[VM], p: u64, size: u64) -> None:
    """A cell of an accounted size is given back while a cycle is under way."""
    if is_marked(g, p):
        clear_bit(g, g.gc_marks, p)
        if g.gc_state == MARK:
            g.gc_live = g.gc_live - size


@inline
def alloc(g: Ptr[VM], size: u64) -> u64:
    """Memory for `size` bytes, `size` a constant of at most SMALL_MAX; not cleared."""
    index = (size + 15) >> 4
    head = g.freelists[index]
    if likely(head != 0):
        g.freelists[index] = Ptr[u64](head)[0]
        g.gc_total = g.gc_total + (index << 4)
        return head
    return alloc_refill(g, u32(index))


@native
def mem_alloc(g: Ptr[VM], size: u64) -> u64:
    """Memory for any number of bytes; not cleared."""
    if unlikely(size > MEDIUM_MAX):
        return alloc_large(g, size)
    index = (size + 15) >> 4
    if unlikely(size > SMALL_MAX):
        index = u64(Ptr[u8](g.gc_classof)[index])
    head = g.freelists[index]
    if likely(head != 0):
        g.freelists[index] = Ptr[u64](head)[0]
        g.gc_total = g.gc_total + u64(class_at(g, u32(index)).size)
        return head
    return alloc_refill(g, u32(index))


@native
def alloc_refill(g: Ptr[VM], cls: u32) -> u64:
    """One cell, and the next few free ones onto the free list."""
    c = class_at(g, cls)
    head = u64(0)
    while head == 0:
        if c.block == 0:
            add_block(g, cls)
        head = sweep_cells(g, c)
        if c.cursor == c.cells:
            c.block = block_at(g, c.block).next
            c.cursor = 0
    g.freelists[cls] = Ptr[u64](head)[0]
    g.gc_total = g.gc_total + u64(c.size)
    return head


@native
def sweep_cells(g: Ptr[VM], c: Ptr[SizeClass]) -> u64:
    """Chains up the unmarked cells at the cursor, in address order; 0 if the block has no more of them."""
    size = u64(c.size)
    cursor = c.cursor
    cell = g.heap_base + (u64(c.block) << BLOCK_SHIFT) + u64(cursor) * size
    head = u64(0)
    tail = u64(0)
    found: u32 = 0
    while cursor < c.cells and found < REFILL:
        if not is_taken(g, cell):
            if unlikely(g.gc_state == SWEEP):
                set_mark(g, cell)
            if tail != 0:
                Ptr[u64](tail)[0] = cell
            else:
                head = cell
            tail = cell
            found += 1
        cursor += 1
        cell += size
    if tail != 0:
        Ptr[u64](tail)[0] = 0
    c.cursor = cursor
    return head


@native
def add_block(g: Ptr[VM], cls: u32) -> None:
    """Appends a block without live cells to a class and points the cursor at it."""
    c = class_at(g, cls)
    index = take_span(g, 1)
    block_at(g, index).size = c.size
    append_block(g, cls, index)
    c.block = index
    c.cursor = 0


@native
def append_block(g: Ptr[VM], cls: u32, index: u32) -> None:
    """Puts a block at the end of the list of a class."""
    c = class_at(g, cls)
    b = block_at(g, index)
    b.next = 0
    b.order = 0
    if c.last != 0:
        last = block_at(g, c.last)
        last.next = index
        b.order = last.order + 1
    else:
        c.first = index
    c.last = index


@native
def take_span(g: Ptr[VM], count: u32) -> u32:
    """Index of the first of `count` free neighbouring blocks, without marks."""
    before: u32 = 0
    index = g.gc_spans
    while index != 0:
        b = block_at(g, index)
        if b.span >= count:
            rest = b.next
            if b.span > count:
                rest = index + count
                remainder = block_at(g, rest)
                remainder.size = 0
                remainder.span = b.span - count
                remainder.next = b.next
            if before != 0:
                block_at(g, before).next = rest
            else:
                g.gc_spans = rest
            return index
        before = index
        index = b.next
    fresh = block_index(g, g.heap_top)
    top = g.heap_top + (u64(count) << BLOCK_SHIFT)
    if unlikely(top > g.heap_end):
        g.upcall(OUT_OF_MEMORY, u64(count) << BLOCK_SHIFT, u64(0), u64(0))
    g.heap_top = top
    return fresh


@native
def mem_fits(g: Ptr[VM], size: u64) -> bool:
    """May the program have so much more?"""
    return g.gc_total + size <= g.heap_limit


@native
def alloc_large(g: Ptr[VM], size: u64) -> u64:
    """A span of blocks; accounted by the page."""
    count = u32((size + (BLOCK_SIZE - 1)) >> BLOCK_SHIFT)
    index = take_span(g, count)
    pages = u32((size + (PAGE - 1)) >> 12)
    b = block_at(g, index)
    b.size = LARGE
    b.span = count
    b.next = pages
    for i in range(1, count):
        inner = block_at(g, index + i)
        inner.size = LARGE
        inner.span = 0
    g.gc_total = g.gc_total + (u64(pages) << 12)
    if g.gc_state == SWEEP:
        set_mark(g, g.heap_base + (u64(index) << BLOCK_SHIFT))
    if unlikely(g.gc_total > g.heap_limit):
        g.upcall(OUT_OF_MEMORY, u64(0), u64(0), u64(0))
    return g.heap_base + (u64(index) << BLOCK_SHIFT)


@native
def span_extend(g: Ptr[VM], p: u64, size: u64) -> bool:
    """Makes a large cell larger where it is: within its last block, or into new blocks at the top of the
    heap."""
    index = block_index(g, p)
    b = block_at(g, index)
    count = u32((size + (BLOCK_SIZE - 1)) >> BLOCK_SHIFT)
    if count > b.span:
        top = p + (u64(count) << BLOCK_SHIFT)
        if p + (u64(b.span) << BLOCK_SHIFT) != g.heap_top or top > g.heap_end:
            return False
        for i in range(b.span, count):
            inner = block_at(g, index + i)
            inner.size = LARGE
            inner.span = 0
        b.span = count
        g.heap_top = top
    pages = u32((size + (PAGE - 1)) >> 12)
    more = u64(pages - b.next) << 12
    g.gc_total = g.gc_total + more
    if g.gc_state == MARK and is_marked(g, p):
        g.gc_live = g.gc_live + more
    b.next = pages
    return True


@native
def mem_free(g: Ptr[VM], p: u64, size: u64) -> None:
    """Gives memory back at once.  The cell must not be reachable, nor hold anything that is."""
    index = block_index(g, p)
    b = block_at(g, index)
    if unlikely(size > MEDIUM_MAX):
        g.gc_total = g.gc_total - (u64(b.next) << 12)
        forget_mark(g, p, u64(b.next) << 12)
        free_span(g, index)
        return
    cls = (size + 15) >> 4
    if size > SMALL_MAX:
        cls = u64(Ptr[u8](g.gc_classof)[cls])
    c = class_at(g, u32(cls))
    g.gc_total = g.gc_total - u64(c.size)
    if unlikely(g.gc_state >= MARK):
        forget_mark(g, p, u64(c.size))
    if not is_swept(g, c, b, p):
        clear_bit(g, g.gc_taken, p)
    elif g.gc_state != SWEEP:
        Ptr[u64](p)[0] = g.freelists[cls]
        g.freelists[cls] = p


@inline
def is_swept(g: Ptr[VM], c: Ptr[SizeClass], b: Ptr[Block], p: u64) -> bool:
    """Is the cell behind the cursor of its class?"""
    swept = True
    if c.block != 0:
        at = block_at(g, c.block)
        cursor = g.heap_base + (u64(c.block) << BLOCK_SHIFT) + u64(c.cursor) * u64(c.size)
        swept = b.order < at.order or (b.order == at.order and p < cursor)
    return swept


@native
def free_span(g: Ptr[VM], index: u32) -> None:
    """Puts a span in front of the free ones; neighbours are joined at the next collection."""
    b = block_at(g, index)
    clear_bit(g, g.gc_taken, g.heap_base + (u64(index) << BLOCK_SHIFT))
    for i in range(b.span):
        block_at(g, index + i).size = 0
    b.next = g.gc_spans
    g.gc_spans = index


@native
def mem_realloc(g: Ptr[VM], p: u64, old: u64, size: u64) -> u64:
    """Memory of another size with the same contents, as far as they fit; p may be 0."""
    fresh = u64(0)
    if size != 0:
        fresh = mem_alloc(g, size)
    if p != 0 and old != 0:
        if fresh != 0:
            g.memcpy(Ptr[u8](fresh), Ptr[u8](p), old if old < size else size)
        mem_free(g, p, old)
    return fresh


@inline
def cell_size(g: Ptr[VM], p: u64) -> u64:
    """Accounted size of the cell that starts at `p`."""
    b = block_at(g, block_index(g, p))
    return u64(b.next) << 12 if unlikely(b.size == LARGE) else u64(b.size)
