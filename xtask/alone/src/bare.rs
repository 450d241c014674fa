//! What a program without std has to bring: an allocator and a panic handler. Unsafe code stands here for that reason
//! only; nothing here is published.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

const ARENA: usize = 64 * 1024;

/// Hands out an arena once and takes nothing back.
struct Bump {
    arena: UnsafeCell<[u8; ARENA]>,
    used: AtomicUsize,
}

// SAFETY: `used` gives each part of the arena to one caller only.
unsafe impl Sync for Bump {}

// SAFETY: every block is aligned, within the arena, and never given out twice; null when the arena is used up.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.arena.get().cast::<u8>();
        let take = |used: usize| {
            let start = (base as usize + used).next_multiple_of(layout.align()) - base as usize;
            start.checked_add(layout.size()).filter(|end| *end <= ARENA)
        };
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            // SAFETY: `take` accepted the end, so both ends of the block lie within the arena.
            Ok(before) => take(before).map_or(ptr::null_mut(), |end| unsafe { base.add(end - layout.size()) }),
            Err(_) => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump { arena: UnsafeCell::new([0; ARENA]), used: AtomicUsize::new(0) };

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
