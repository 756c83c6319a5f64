/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test programs in the guest share: results in TAP, the virtual card,
 * the features' files, and accesses that survive a SIGBUS.
 *
 * A feature is named as the kernel names it ("dfl_dev.3"), a file by its path
 * below the feature's device ("dflres/owner"). Functions that can fail return 0
 * or more, or a negative errno.
 */

#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's page; and the largest one of any kernel, for what has a size when it is compiled */
#define PAGE page_size()
#define MAX_PAGE 65536UL

/* Features of cards/basic.card, by id */
#define EMIF 0x9	/* dfl-emif's */
#define UIO 0x10	/* uio_dfl's */
#define PLAIN 0x21	/* nobody's, one page each */
#define OTHER 0x25
#define BIG 0x30	/* nobody's, 16 pages */

/* Users that the guest's /etc/passwd has */
#define ALICE 1001
#define BOB 1002

unsigned long page_size(void);

/* One line of TAP each; one that is not ok is followed by the place in the source */
#define ok(...) ok_at(__FILE__, __LINE__, __VA_ARGS__)
#define is(...) is_at(__FILE__, __LINE__, __VA_ARGS__)
#define is_str(...) is_str_at(__FILE__, __LINE__, __VA_ARGS__)
#define bail(...) bail_at(__FILE__, __LINE__, __VA_ARGS__)
void ok_at(const char *file, int line, bool good, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void is_at(const char *file, int line, long got, long want, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void is_str_at(const char *file, int line, const char *got, const char *want, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
_Noreturn void bail_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The plan; the program's exit status */
int done(void);

/* The kernel's version as 601, 612, ... */
int kernel_version(void);

/* Runs a shell command; its exit status */
int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A fresh card laid out as CARD.card says, and dflres freshly loaded */
void setup(const char *card);
/* A card freshly enumerated; dflres is left as it is */
void card_up(const char *card);
/* The PCI device of the card: /sys/bus/pci/devices/... */
const char *card_path(void);
/* Removes it, as if it were pulled */
bool unplug(void);
/* The card's first port goes, and comes back, with its features: dfl-fme does it upon request */
void port_goes(void);
void port_comes(void);
/* BAR 0 of the card, all of it, through PCI's own resource0 */
volatile uint8_t *bar_map(size_t *size);

/* By the name of the module's file, without .ko */
int load(const char *module);
int unload(const char *module);

/* The instance-th feature with this id on the card, or NULL; to be freed */
char *feature(unsigned int id, unsigned int instance);
/* The same, and no test can go on without it */
char *need_feature(unsigned int id, unsigned int instance);

int path(char *buf, size_t size, const char *feat, const char *file);
int open_file(const char *feat, const char *file, int flags);
bool has_file(const char *feat, const char *file);
/* A file with this mode that belongs to this user and the group of the same number */
bool is_file_of(const char *feat, const char *file, mode_t mode, uid_t uid);
/* The contents without the newline at the end, in a buffer of 4 KiB that the next-but-seven call reuses */
const char *get(const char *feat, const char *file);
int put(const char *feat, const char *file, const void *data, size_t size);
int put_str(const char *feat, const char *file, const char *text);

int set_owner(const char *feat, const char *word);
const char *get_owner(const char *feat);
/* Waits for the owner to be this; false if it has not changed to it for as long as PATIENCE */
bool owner_becomes(const char *feat, const char *word);
/* Waits for all of a lease's end: `owner` says so when it begins, and what is written there waits for the rest */
bool lease_ends(const char *feat);
/* Waits until irqN says at least so many */
bool irq_counts_to(const char *feat, unsigned int irq, long at_least);
/* The name of the bound driver, "" if there is none */
const char *get_driver(const char *feat);

/* A fresh eventfd, close-on-exec and non-blocking */
int new_event(void);
/* What has been added to it since it was last asked */
long event_sum(int event);
/*
 * The smallest number that no eventfd in the system has. One that nobody has open but that is still in use keeps its own,
 * so this tells what has been left behind.
 */
int free_event_id(void);
/* Waits for that number to be this again; false after 10 s */
bool free_event_id_becomes(int id);
/* Writes the eventfd's number to a file like dflres/lease */
int put_event(const char *feat, const char *file, int event);
int take_lease(const char *feat, int event);
/* The same; when the eventfd is closed the feature is offered to the kernel's drivers */
int take_kernel_lease(const char *feat, int event);

/* What a file must not take, and what it is */
struct bad_text {
	const char *what, *data;
	size_t size;
};

/* One line of TAP for each: EINVAL. The same of three pages of digits; sysfs itself answers a write of nothing */
void refuses(const char *feat, const char *file, const struct bad_text *bad, size_t count);
/* The same of the numbers of descriptors that are no eventfd's, or nobody's: EBADF */
void refuses_descriptors(const char *feat, const char *file);

/* Start and size of the feature's registers, from dflres/resource */
uint64_t reg_start(const char *feat);
size_t reg_size(const char *feat);
/* Offset of the feature's registers in BAR 0 */
size_t bar_offset(const char *feat);

/* Opens resource0 read-write and maps SIZE bytes of it from OFFSET, or MAP_FAILED with errno */
void *map_regs(const char *feat, size_t offset, size_t size);

/* For MAP_FIXED_NOREPLACE: where nothing is, no page tables either, and one begins; what a page table maps */
#define FAR ((char *)0x200000000000)
#define TABLE_SIZE (PAGE / 8 * PAGE)

/* Page faults of this process so far that read no disk */
long minor_faults(void);

/* A counter of the system calls of a process, or of this one: 0. The kernel adds them up, so that none is slowed down */
int open_call_counter(pid_t pid);
uint64_t read_call_counter(int counter);

/* What VFIO gives the card's devices by; -1 with errno */
int open_vfio_group(void);

/* One 32-bit access: 0, or -EFAULT if it ended in SIGBUS (or SIGSEGV) */
int peek(const volatile void *addr, uint32_t *value);
int poke(volatile void *addr, uint32_t value);

/*
 * poll(2) of one descriptor: revents, 0 after the timeout. After the timeout the kernel looks once more: who wants to see
 * that it was woken waits without one.
 */
int poll_for(int fd, short events, int timeout_ms);

/* Milliseconds after which what has not come does not come, also on a machine that has other things to do */
#define PATIENCE 60000

/* Runs FN in a child as this user and group; what it returned (0 to 99) */
int as_user(uid_t uid, int (*fn)(const void *arg), const void *arg);
/* Runs FN in a child that goes on in the background; its pid */
pid_t background(int (*fn)(const void *arg), const void *arg);
/* Waits for such a child; what it returned, or -1 if it was killed, hung or crashed */
int finish(pid_t pid);

/* Busy, for usleep() would take far longer */
void wait_us(long us);
/* How many of the card's interrupts the kernel has handled that have this vector */
long counted(unsigned int vector);
/* The letter that says what a process does (proc(5)), 0 if there is none; and how long it has been busy in the kernel */
char state_of(pid_t pid, long *ticks);
/* Waits until the process sleeps, in poll(2) say */
void until_asleep(pid_t pid);

/*
 * A place in the kernel's log, and how many lines have come since: of those about the card, its drivers and interrupts (a
 * clock source may have its say at any time), or of those with this text
 */
int log_mark(void);
int log_lines_since(int mark);
int log_lines_with(int mark, const char *text);

#endif
