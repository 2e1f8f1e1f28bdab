// Loaded before the C library (LD_PRELOAD): lets one of the calls fail that change what is under a directory, as a disk
// would. Which one, and how, stands in a file that all programs share in memory: see DiskShim.swift.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct plan {
    int call;    // which call is counted
    int left;    // how many of them still pass before one fails, and 1; 0 for none that fails
    int error;   // its errno; 0 to take the directory away instead
    int lasts;   // of which kinds calls fail after it, too
    int struck;  // whether it has failed
};

enum { NAMES = 1, WRITES = 2, SYNCS = 4, REMOVALS = 8, HOLES = 16 };

// As DiskShim.Call has them.
enum { OPEN = 1, MKDIR, CHMOD, RENAME, LINK, WRITE, PWRITE, FOPEN, FWRITE, FCLOSE, FSYNC, UNLINK, RMDIR, FALLOCATE };

static int kind(int call) {
    switch (call) {
    case OPEN: case MKDIR: case CHMOD: case RENAME: case LINK: case FOPEN: return NAMES;
    case WRITE: case PWRITE: case FWRITE: case FCLOSE: return WRITES;
    case FSYNC: return SYNCS;
    case FALLOCATE: return HOLES;
    default: return REMOVALS;
    }
}

static struct plan *plan;
static const char *under;

__attribute__((constructor)) static void load(void) {
    const char *path = getenv("DISK_SHIM_PLAN");
    under = getenv("DISK_SHIM_UNDER");
    if (!path || !under) return;
    int file = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof(struct plan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (shared != MAP_FAILED) plan = shared;
}

// Whether this call is the one, or comes after it.
static int fails(const char *path, int call) {
    if (!plan || !path || strncmp(path, under, strlen(under)) != 0) return 0;
    if (__atomic_load_n(&plan->struck, __ATOMIC_SEQ_CST)) {
        errno = plan->error;
        return plan->lasts & kind(call);
    }
    if (__atomic_load_n(&plan->call, __ATOMIC_SEQ_CST) != call) return 0;
    int left = __atomic_load_n(&plan->left, __ATOMIC_SEQ_CST);
    do {
        if (left <= 0) return 0;
    } while (!__atomic_compare_exchange_n(&plan->left, &left, left - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    if (left != 1) return 0;
    __atomic_store_n(&plan->struck, 1, __ATOMIC_SEQ_CST);
    if (plan->error == 0) {
        char away[4096];
        snprintf(away, sizeof away, "%s.away", under);
        syscall(SYS_renameat2, AT_FDCWD, under, AT_FDCWD, away, 0);
        return 0;
    }
    errno = plan->error;
    return 1;
}

static int failsAt(int file, int call) {
    char link[64], path[4096];
    if (!plan) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path, call);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opening(const char *path, int flags, va_list arguments, __typeof__(&open) real) {
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    // What is opened to be read or synchronised only is not changed.
    if ((flags & O_CREAT || (flags & O_ACCMODE) != O_RDONLY) && fails(path, OPEN)) return -1;
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int file = opening(path, flags, arguments, REAL(open));
    va_end(arguments);
    return file;
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int file = opening(path, flags, arguments, REAL(open64));
    va_end(arguments);
    return file;
}

ssize_t write(int file, const void *bytes, size_t count) {
    return failsAt(file, WRITE) ? -1 : REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    return failsAt(file, PWRITE) ? -1 : REAL(pwrite)(file, bytes, count, place);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    return failsAt(file, PWRITE) ? -1 : REAL(pwrite64)(file, bytes, count, place);
}

int fsync(int file) { return failsAt(file, FSYNC) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return failsAt(file, FSYNC) ? -1 : REAL(fdatasync)(file); }
int mkdir(const char *path, mode_t mode) { return fails(path, MKDIR) ? -1 : REAL(mkdir)(path, mode); }
char *mkdtemp(char *template) { return fails(template, MKDIR) ? NULL : REAL(mkdtemp)(template); }
int rename(const char *from, const char *to) { return fails(to, RENAME) ? -1 : REAL(rename)(from, to); }
int link(const char *from, const char *to) { return fails(to, LINK) ? -1 : REAL(link)(from, to); }
int chmod(const char *path, mode_t mode) { return fails(path, CHMOD) ? -1 : REAL(chmod)(path, mode); }
int fchmod(int file, mode_t mode) { return failsAt(file, CHMOD) ? -1 : REAL(fchmod)(file, mode); }
int unlink(const char *path) { return fails(path, UNLINK) ? -1 : REAL(unlink)(path); }
int rmdir(const char *path) { return fails(path, RMDIR) ? -1 : REAL(rmdir)(path); }

int fallocate(int file, int mode, off_t place, off_t length) {
    return failsAt(file, FALLOCATE) ? -1 : REAL(fallocate)(file, mode, place, length);
}

// pg_dump writes by the C library's streams, whose own calls cannot be stood before. Of what it writes, that fails which
// fills a stream's buffer, or is the first; the rest is written, or fails to be, when the stream is flushed or closed.

static int failsOn(FILE *stream, int call) { return failsAt(fileno(stream), call); }

FILE *fopen(const char *path, const char *mode) {
    return *mode != 'r' && fails(path, FOPEN) ? NULL : REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    return *mode != 'r' && fails(path, FOPEN) ? NULL : REAL(fopen64)(path, mode);
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
    int isWritten = __fpending(stream) + size * count >= __fbufsize(stream);
    return isWritten && failsOn(stream, FWRITE) ? 0 : REAL(fwrite)(bytes, size, count, stream);
}

int fflush(FILE *stream) {
    if (!stream || __fpending(stream) == 0 || !failsOn(stream, FWRITE)) return REAL(fflush)(stream);
    int error = errno;
    __fpurge(stream);
    errno = error;
    return EOF;
}

int fclose(FILE *stream) {
    if (__fpending(stream) == 0 || !failsOn(stream, FCLOSE)) return REAL(fclose)(stream);
    int error = errno;
    __fpurge(stream);
    REAL(fclose)(stream);
    errno = error;
    return EOF;
}
