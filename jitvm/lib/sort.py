"""table.sort: quicksort by the median of three, with Lua 5.1's sequence of comparisons: equal elements end
up in the same order as there.  Ranges that split badly too often are finished by heapsort.

The elements being compared stand in slots of sort's own frame, where the collector sees them:

    base: table, order function or nil | X, Y, pivot | function, link, two arguments

An order function may do anything, also to the table: every element is read and written through the table,
and a scan that runs out of its range raises "invalid order function for sorting".  Tables of numbers alone
are sorted in place.
"""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.lib.args import arg_error, check_table
from jitvm.lib.table import library
from jitvm.native import Ptr, i32, i64, idiv, inline, native, u32, unlikely
from jitvm.runtime.barrier import barrier_back
from jitvm.runtime.callback import call_lua
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.meta import MM_LT, meta_lookup
from jitvm.runtime.state import stack_grow
from jitvm.runtime.string import str_cmp
from jitvm.runtime.table import tab_getint, tab_len, tab_setint
from jitvm.runtime.value import (
    copy,
    is_func,
    is_nil,
    is_number,
    is_str,
    is_truthy,
    obj_equal,
    set_nil,
    set_number,
    str_of,
    tab_of,
)

FUNCTION, SORT_ORDER, COMPARE = int(Bad.FUNCTION), int(Bad.SORT_ORDER), int(Bad.COMPARE)
STACK_OVERFLOW = int(Bad.STACK_OVERFLOW)
#: Slots of the frame, from its base.
X, Y, PIVOT, CALLED = 2, 3, 4, 5
SLOTS = CALLED + 4 + 20
#: Partitions per doubling of the size before heapsort takes over.
PATIENCE = 4


@library("table.sort")
@native
def lib_table_sort(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    if nargs < 2:
        set_nil(base + 1)
    if unlikely(not is_nil(base + 1) and not is_func(base + 1)):
        return arg_error(g, 2, FUNCTION)
    t = tab_of(base)
    n = i32(tab_len(g, t))
    budget: i32 = PATIENCE
    size = n
    while size > 1:
        size = size >> 1
        budget += PATIENCE
    if is_nil(base + 1) and all_numbers(base):
        if unlikely(not sort_numbers(t.array, 1, n, budget)):
            return arg_error(g, 0, SORT_ORDER)
        return 0
    if unlikely(base + SLOTS > L.maxstack):
        if stack_grow(g, L, u32(SLOTS)) != 0:
            return arg_error(g, 0, STACK_OVERFLOW)
        base = L.base
    for i in range(X, CALLED):
        set_nil(base + i)
    L.top = base + CALLED
    if unlikely(not sort_range(g, L, 1, n, budget)):
        return -1
    return 0


@native
def all_numbers(base: Ptr[TValue]) -> bool:
    """Are all elements numbers in the array part?"""
    t = tab_of(base)
    i: u32 = 1
    while i < t.asize and is_number(t.array + i):
        i += 1
    while i < t.asize and is_nil(t.array + i):
        i += 1
    return i >= t.asize and t.hmask == 0


# Elements and their order.


@inline
def get(g: Ptr[VM], L: Ptr[State], index: i32, slot: i32) -> None:
    """An element of the table to a slot of the frame."""
    copy(L.base + slot, tab_getint(g, tab_of(L.base), index))


@native
def put(g: Ptr[VM], L: Ptr[State], index: i32, slot: i32) -> None:
    t = tab_of(L.base)
    copy(tab_setint(g, t, index), L.base + slot)
    barrier_back(g, t)


@native
def less(g: Ptr[VM], L: Ptr[State], a: i32, b: i32) -> i32:
    """Is the value in slot `a` less than that in slot `b`?  -1: an error."""
    base = L.base
    p = base + a
    q = base + b
    if is_func(base + 1):
        slot = base + CALLED
        copy(slot, base + 1)
        copy(slot + 2, p)
        copy(slot + 3, q)
        return called_less(g, L, slot)
    if is_number(p) and is_number(q):
        return 1 if p.num < q.num else 0
    if is_str(p) and is_str(q):
        return 1 if str_cmp(g, str_of(p), str_of(q)) < 0 else 0
    mo = meta_lookup(g, p, MM_LT)
    if unlikely(is_nil(mo) or not obj_equal(mo, meta_lookup(g, q, MM_LT))):
        copy(g.tmptv, p)
        copy(g.tmptv2, q)
        arg_error(g, 0, COMPARE)
        return -1
    slot = base + CALLED
    copy(slot, mo)
    copy(slot + 2, p)
    copy(slot + 3, q)
    return called_less(g, L, slot)


@native
def called_less(g: Ptr[VM], L: Ptr[State], slot: Ptr[TValue]) -> i32:
    """The answer of the function at `slot` about its two arguments."""
    count = call_lua(g, L, slot, 2)
    if unlikely(count < 0):
        return -1
    result: i32 = 0
    if count > 0 and is_truthy(L.top - count):
        result = 1
    L.top = L.base + CALLED
    return result


# Quicksort.


@native
def sort_range(g: Ptr[VM], L: Ptr[State], low: i32, high: i32, budget: i32) -> bool:
    """Sorts the elements `low` to `high`; False for an error."""
    while low < high:
        if budget <= 0:
            return heap_sort(g, L, low, high)
        budget -= 1
        middle = low + ((high - low) >> 1)
        answer = order_ends(g, L, low, middle, high)
        if answer <= 0:
            return answer == 0
        split = partition(g, L, low, middle, high)
        if unlikely(split < 0):
            return False
        # The smaller part first, so that recursion is never deep.
        if split - low < high - split:
            if not sort_range(g, L, low, split - 1, budget):
                return False
            low = split + 1
        else:
            if not sort_range(g, L, split + 1, high, budget):
                return False
            high = split - 1
    return True


@native
def order_ends(g: Ptr[VM], L: Ptr[State], low: i32, middle: i32, high: i32) -> i32:
    """Orders first, middle and last element.  0: that was all; 1: there are more; -1: an error."""
    get(g, L, low, X)
    get(g, L, high, Y)
    answer = less(g, L, Y, X)
    if answer > 0:
        put(g, L, low, Y)
        put(g, L, high, X)
    if answer < 0 or high - low == 1:
        return -1 if answer < 0 else 0
    get(g, L, middle, X)
    get(g, L, low, Y)
    answer = less(g, L, X, Y)
    if answer > 0:
        put(g, L, low, X)
        put(g, L, middle, Y)
    elif answer == 0:
        get(g, L, high, Y)
        answer = less(g, L, Y, X)
        if answer > 0:
            put(g, L, high, X)
            put(g, L, middle, Y)
    if answer < 0:
        return -1
    return 0 if high - low == 2 else 1


@native
def partition(g: Ptr[VM], L: Ptr[State], low: i32, middle: i32, high: i32) -> i32:
    """Splits around the middle element, which ends up at the index returned; -1 for an error."""
    get(g, L, middle, PIVOT)
    get(g, L, high - 1, Y)
    put(g, L, middle, Y)
    put(g, L, high - 1, PIVOT)
    i = low
    j = high - 1
    while True:
        i = scan_up(g, L, i, high)
        if unlikely(i < 0):
            return -1
        j = scan_down(g, L, j, low)
        if unlikely(j < 0):
            return -1
        if j < i:
            break
        put(g, L, i, Y)
        put(g, L, j, X)
    get(g, L, high - 1, X)
    get(g, L, i, Y)
    put(g, L, high - 1, Y)
    put(g, L, i, X)
    return i


@native
def scan_up(g: Ptr[VM], L: Ptr[State], i: i32, high: i32) -> i32:
    """The next element that is not less than the pivot, in X."""
    while True:
        i += 1
        get(g, L, i, X)
        answer = less(g, L, X, PIVOT)
        if answer <= 0:
            return i if answer == 0 else -1
        if unlikely(i >= high):
            arg_error(g, 0, SORT_ORDER)
            return -1


@native
def scan_down(g: Ptr[VM], L: Ptr[State], j: i32, low: i32) -> i32:
    """The next element from the end that the pivot is not less than, in Y."""
    while True:
        j -= 1
        get(g, L, j, Y)
        answer = less(g, L, PIVOT, Y)
        if answer <= 0:
            return j if answer == 0 else -1
        if unlikely(j <= low):
            arg_error(g, 0, SORT_ORDER)
            return -1


# Heapsort.


@native
def heap_sort(g: Ptr[VM], L: Ptr[State], low: i32, high: i32) -> bool:
    """Any order function will do: no index depends on its answers."""
    count = high - low + 1
    start = idiv(count, 2)
    while start > 0:
        start -= 1
        if unlikely(not sift(g, L, low, start, count)):
            return False
    while count > 1:
        count -= 1
        get(g, L, low, X)
        get(g, L, low + count, Y)
        put(g, L, low, Y)
        put(g, L, low + count, X)
        if unlikely(not sift(g, L, low, 0, count)):
            return False
    return True


@native
def sift(g: Ptr[VM], L: Ptr[State], low: i32, root: i32, count: i32) -> bool:
    """Moves an element of the heap down to its place."""
    while root * 2 + 1 < count:
        child = root * 2 + 1
        get(g, L, low + child, X)
        if child + 1 < count:
            get(g, L, low + child + 1, Y)
            answer = less(g, L, X, Y)
            if unlikely(answer < 0):
                return False
            if answer > 0:
                child += 1
                get(g, L, low + child, X)
        get(g, L, low + root, PIVOT)
        answer = less(g, L, PIVOT, X)
        if answer <= 0:
            return answer == 0
        put(g, L, low + root, X)
        put(g, L, low + child, PIVOT)
        root = child
    return True


# Numbers alone.


@native
def sort_numbers(a: Ptr[TValue], low: i32, high: i32, budget: i32) -> bool:
    """The same in place; NaN may make the order invalid."""
    while low < high:
        if unlikely(budget <= 0):
            heap_sort_numbers(a, low, high)
            return True
        budget -= 1
        middle = low + ((high - low) >> 1)
        exchange(a, low, high)
        if high - low == 1:
            return True
        if (a + middle).num < (a + low).num:
            exchange(a, low, middle)
        else:
            exchange(a, middle, high)
        if high - low == 2:
            return True
        pivot = (a + middle).num
        set_number(a + middle, (a + (high - 1)).num)
        set_number(a + (high - 1), pivot)
        i = low
        j = high - 1
        while True:
            i += 1
            while (a + i).num < pivot:
                if unlikely(i >= high):
                    return False
                i += 1
            j -= 1
            while pivot < (a + j).num:
                if unlikely(j <= low):
                    return False
                j -= 1
            if j < i:
                break
            swap(a, i, j)
        swap(a, high - 1, i)
        if i - low < high - i:
            if not sort_numbers(a, low, i - 1, budget):
                return False
            low = i + 1
        else:
            if not sort_numbers(a, i + 1, high, budget):
                return False
            high = i - 1
    return True


@native
def heap_sort_numbers(a: Ptr[TValue], low: i32, high: i32) -> None:
    start = low + idiv(high - low + 1, 2)
    while start > low:
        start -= 1
        sift_number(a, low, start, high)
    while high > low:
        swap(a, low, high)
        high -= 1
        sift_number(a, low, low, high)


@native
def sift_number(a: Ptr[TValue], low: i32, root: i32, high: i32) -> None:
    """Moves an element of the heap from `low` to `high` down to its place."""
    child = root * 2 + 1 - low
    while child <= high:
        if child < high and (a + child).num < (a + (child + 1)).num:
            child += 1
        if not (a + root).num < (a + child).num:
            return
        swap(a, root, child)
        root = child
        child = root * 2 + 1 - low


@inline
def swap(a: Ptr[TValue], i: i32, j: i32) -> None:
    x = (a + i).num
    set_number(a + i, (a + j).num)
    set_number(a + j, x)


@inline
def exchange(a: Ptr[TValue], i: i32, j: i32) -> None:
    """Swaps two that are out of order."""
    if (a + j).num < (a + i).num:
        swap(a, i, j)


