// What of Linux's own calls the module Glibc does not show: they are behind _GNU_SOURCE there.
#pragma once

#include <linux/falloc.h>
#include <linux/fs.h>

extern int fallocate(int fd, int mode, long offset, long length);
extern int sync_file_range(int fd, long offset, long length, unsigned int flags);

// Gives a part of a file back to the disk; it reads as zeros then, and the file is as long as before. See fallocate(2).
static inline int linux_punch_hole(int fd, long offset, long length) {
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

// Has the disk begin to write what was written to a file, and does not wait for it. See sync_file_range(2).
static inline int linux_begin_writeback(int fd) {
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

// Gives the pages of what was freed back to the system, those in the middle of what is in use too. See malloc_trim(3).
extern int malloc_trim(unsigned long pad);
