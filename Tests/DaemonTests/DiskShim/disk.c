// Loaded before the C library (LD_PRELOAD): lets one of the calls fail that change what is under a directory, as a disk
// would. Which one, and how, stands in a file that all programs share in memory: see DiskShim.swift.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct plan {
    int left;    // how many such calls still pass before one fails, and 1; 0 for none that fails
    int error;   // its errno; 0 to take the directory away instead
    int kinds;   // of which kinds it may be
    int struck;  // whether it has failed
};

enum { NAMES = 1, WRITES = 2, SYNCS = 4 };

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

// Whether this call is the one.
static int fails(const char *path, int kind) {
    if (!plan || !path || strncmp(path, under, strlen(under)) != 0) return 0;
    if (!(__atomic_load_n(&plan->kinds, __ATOMIC_SEQ_CST) & kind)) return 0;
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

static int failsAt(int file, int kind) {
    char link[64], path[4096];
    if (!plan) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path, kind);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opening(const char *path, int flags, va_list arguments, __typeof__(&open) real) {
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    // What is opened to be synchronised only is not changed: pg_dump goes on without, and so it may.
    if (flags & O_CREAT && fails(path, NAMES)) return -1;
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
    return failsAt(file, WRITES) ? -1 : REAL(write)(file, bytes, count);
}

int fsync(int file) { return failsAt(file, SYNCS) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return failsAt(file, SYNCS) ? -1 : REAL(fdatasync)(file); }
int mkdir(const char *path, mode_t mode) { return fails(path, NAMES) ? -1 : REAL(mkdir)(path, mode); }
char *mkdtemp(char *template) { return fails(template, NAMES) ? NULL : REAL(mkdtemp)(template); }
int rename(const char *from, const char *to) { return fails(to, NAMES) ? -1 : REAL(rename)(from, to); }
int link(const char *from, const char *to) { return fails(to, NAMES) ? -1 : REAL(link)(from, to); }
int fchmod(int file, mode_t mode) { return failsAt(file, NAMES) ? -1 : REAL(fchmod)(file, mode); }
