// What of Linux's own calls the module Glibc does not show: they are behind _GNU_SOURCE there.
#pragma once

#include <linux/falloc.h>

extern int fallocate(int fd, int mode, long offset, long length);

// Gives a part of a file back to the disk; it reads as zeros then, and the file is as long as before. See fallocate(2).
static inline int linux_punch_hole(int fd, long offset, long length) {
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}
