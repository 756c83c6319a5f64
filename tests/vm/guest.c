// SPDX-License-Identifier: GPL-2.0
/* See guest.h */

#define _GNU_SOURCE
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <linux/fpga-dfl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A descriptor that no program here gets to before it leases a thousand */
#define CLOSED 1000

#define DFL_BUS "/sys/bus/dfl/devices"
#define MODULES "/lib/dfl"
#define CARDS "/cards"

static int tests, failures;

static void result(const char *file, int line, bool good, const char *fmt, va_list args)
{
	printf("%sok %d - ", good ? "" : "not ", ++tests);
	vprintf(fmt, args);
	putchar('\n');
	if (!good)
		printf("# at %s:%d\n", file, line);
	fflush(stdout);
	failures += !good;
}

unsigned long page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

void ok_at(const char *file, int line, bool good, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(file, line, good, fmt, args);
	va_end(args);
}

void is_at(const char *file, int line, long got, long want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(file, line, got == want, fmt, args);
	va_end(args);
	if (got != want)
		note("got %ld (%s), want %ld (%s)", got, got < 0 ? strerror(-got) : "-",
		     want, want < 0 ? strerror(-want) : "-");
}

void is_str_at(const char *file, int line, const char *got, const char *want, const char *fmt, ...)
{
	va_list args;
	bool good = got && !strcmp(got, want);

	va_start(args, fmt);
	result(file, line, good, fmt, args);
	va_end(args);
	if (!good)
		note("got '%s', want '%s'", got ? got : "(nothing)", want);
}

void skip(const char *fmt, ...)
{
	va_list args;

	printf("ok %d - # SKIP ", ++tests);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void note(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void bail_at(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(file, line, false, fmt, args);
	va_end(args);
	exit(done());
}

int done(void)
{
	printf("1..%d\n", tests);
	fflush(stdout);
	return failures ? 1 : 0;
}

int kernel_version(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major * 100 + minor;
}

int sh(const char *fmt, ...)
{
	char command[1024];
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);

	fflush(stdout);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void card_up(const char *card)
{
	if (sh("card up " CARDS "/%s.card", card))
		bail("the card %s comes up", card);
}

void setup(const char *card)
{
	unload("uio_dfl");
	unload("dfl-emif");
	unload("dflres");
	card_up(card);
	if (load("dflres"))
		bail("dflres.ko loads in the guest");
}

const char *card_path(void)
{
	static char line[256];
	FILE *pipe = popen("card path", "r");

	if (!pipe || !fgets(line, sizeof(line), pipe))
		bail("there is a card in the guest");
	pclose(pipe);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

bool unplug(void)
{
	char name[300];
	int fd;
	bool good;

	snprintf(name, sizeof(name), "%s/remove", card_path());
	fd = open(name, O_WRONLY | O_CLOEXEC);
	good = fd >= 0 && write(fd, "1", 1) == 1;
	close(fd);
	return good;
}

static void port(unsigned long request, const char *what)
{
	int fd = open("/dev/dfl-fme.0", O_RDWR | O_CLOEXEC), id = 0;

	if (fd < 0 || ioctl(fd, request, &id))
		bail("the card's port %s (%s)", what, strerror(errno));
	close(fd);
}

void port_goes(void)
{
	port(DFL_FPGA_FME_PORT_RELEASE, "goes");
}

void port_comes(void)
{
	port(DFL_FPGA_FME_PORT_ASSIGN, "comes");
}

volatile uint8_t *bar_map(size_t *size)
{
	char name[300];
	struct stat st;
	void *bar;
	int fd;

	snprintf(name, sizeof(name), "%s/resource0", card_path());
	fd = open(name, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		bail("the file %s opens", name);
	bar = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		bail("%s maps (the guest is to boot with iomem=relaxed)", name);
	close(fd);
	if (size)
		*size = st.st_size;
	return bar;
}

int load(const char *module)
{
	char name[64];
	int fd, ret;

	snprintf(name, sizeof(name), MODULES "/%s.ko", module);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

int unload(const char *module)
{
	char name[64];
	char *c;

	snprintf(name, sizeof(name), "%s", module);
	for (c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

char *feature(unsigned int id, unsigned int instance)
{
	struct dirent **entries;
	char *found = NULL;
	int i, n;

	n = scandir(DFL_BUS, &entries, NULL, by_number);
	for (i = 0; i < n; i++) {
		if (!found && entries[i]->d_name[0] != '.' &&
		    strtoul(get(entries[i]->d_name, "feature_id"), NULL, 0) == id &&
		    !instance--)
			found = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return found;
}

char *need_feature(unsigned int id, unsigned int instance)
{
	char *found = feature(id, instance);

	if (!found)
		bail("the card has a feature 0x%x (%u)", id, instance);
	return found;
}

int path(char *buf, size_t size, const char *feat, const char *file)
{
	return snprintf(buf, size, DFL_BUS "/%s/%s", feat, file);
}

int open_file(const char *feat, const char *file, int flags)
{
	char name[256];
	int fd;

	path(name, sizeof(name), feat, file);
	fd = open(name, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool has_file(const char *feat, const char *file)
{
	char name[256];

	path(name, sizeof(name), feat, file);
	return !access(name, F_OK);
}

bool is_file_of(const char *feat, const char *file, mode_t mode, uid_t uid)
{
	char name[256];
	struct stat st;

	path(name, sizeof(name), feat, file);
	return !stat(name, &st) && st.st_mode == (S_IFREG | mode) && st.st_uid == uid &&
	       st.st_gid == uid;
}

const char *get(const char *feat, const char *file)
{
	static char buffers[8][MAX_PAGE];
	static unsigned int next;
	char *buf = buffers[next++ % 8];
	int fd = open_file(feat, file, O_RDONLY);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return buf;
	n = read(fd, buf, PAGE - 1);
	close(fd);
	if (n < 0)
		n = 0;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return buf;
}

int put(const char *feat, const char *file, const void *data, size_t size)
{
	int fd = open_file(feat, file, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, data, size);
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? n : 0;
}

int put_str(const char *feat, const char *file, const char *text)
{
	return put(feat, file, text, strlen(text));
}

int set_owner(const char *feat, const char *word)
{
	return put_str(feat, "dflres/owner", word);
}

const char *get_owner(const char *feat)
{
	return get(feat, "dflres/owner");
}

bool owner_becomes(const char *feat, const char *word)
{
	int fd = open_file(feat, "dflres/owner", O_RDONLY), revents = 1;
	char text[16];
	ssize_t n = 0;

	while (fd >= 0 && revents > 0) {
		n = pread(fd, text, sizeof(text) - 1, 0);
		if (n < 0)
			break;
		text[n] = '\0';
		text[strcspn(text, "\n")] = '\0';
		if (!strcmp(text, word)) {
			close(fd);
			return true;
		}
		revents = poll_for(fd, POLLPRI, PATIENCE);
	}
	note("the owner of %s is '%s' and not '%s'", feat, fd < 0 || n < 0 ? "(unreadable)" : text, word);
	close(fd);
	return false;
}

bool lease_ends(const char *feat)
{
	return owner_becomes(feat, "none") && !set_owner(feat, "none");
}

bool irq_counts_to(const char *feat, unsigned int irq, long at_least)
{
	char name[32];
	int i;

	snprintf(name, sizeof(name), "dflres/irq%u", irq);
	for (i = 0; i < PATIENCE; i++) {
		if (atol(get(feat, name)) >= at_least)
			return true;
		usleep(1000);
	}
	return false;
}

int new_event(void)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (event < 0)
		bail("an eventfd can be made");
	return event;
}

long event_sum(int event)
{
	uint64_t sum;

	return read(event, &sum, sizeof(sum)) == sizeof(sum) ? (long)sum : 0;
}

int free_event_id(void)
{
	int event = new_event(), id = -1;
	char name[64], line[128];
	FILE *info;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", event);
	info = fopen(name, "r");
	while (info && fgets(line, sizeof(line), info))
		sscanf(line, "eventfd-id: %d", &id);
	if (info)
		fclose(info);
	close(event);
	if (id < 0)
		bail("an eventfd has an id");
	return id;
}

bool free_event_id_becomes(int id)
{
	int i, got = free_event_id();

	for (i = 0; i < PATIENCE && got != id; i++) {
		usleep(1000);
		got = free_event_id();
	}
	if (got != id)
		note("the smallest free number of an eventfd is %d and not %d", got, id);
	return got == id;
}

int put_event(const char *feat, const char *file, int event)
{
	char text[16];

	snprintf(text, sizeof(text), "%d\n", event);
	return put_str(feat, file, text);
}

int take_lease(const char *feat, int event)
{
	return put_event(feat, "dflres/lease", event);
}

int take_kernel_lease(const char *feat, int event)
{
	char text[32];

	snprintf(text, sizeof(text), "%d kernel\n", event);
	return put_str(feat, "dflres/lease", text);
}

void refuses(const char *feat, const char *file, const struct bad_text *bad, size_t count)
{
	static char huge[3 * MAX_PAGE];
	size_t i;

	for (i = 0; i < count; i++)
		is(put(feat, file, bad[i].data, bad[i].size), -EINVAL, "%s refuses %s", file, bad[i].what);
	memset(huge, '1', sizeof(huge));
	is(put(feat, file, huge, sizeof(huge)), -EINVAL, "%s refuses three pages of digits", file);
	is(put(feat, file, "", 0), 0, "sysfs does not pass an empty write on to %s", file);
}

void refuses_descriptors(const char *feat, const char *file)
{
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), regular = open("/init", O_RDONLY | O_CLOEXEC), ends[2];

	if (pipe2(ends, O_CLOEXEC))
		bail("a pipe can be made");
	is(put_event(feat, file, CLOSED), -EBADF, "%s refuses a closed descriptor", file);
	is(put_event(feat, file, 2147483647), -EBADF,
	   "%s refuses the number of a descriptor that there cannot be", file);
	is(put_event(feat, file, ends[1]), -EINVAL, "%s refuses a pipe's descriptor", file);
	is(put_event(feat, file, timer), -EINVAL, "%s refuses a timerfd's descriptor", file);
	is(put_event(feat, file, regular), -EINVAL, "%s refuses a regular file's descriptor", file);
	close(timer);
	close(regular);
	close(ends[0]);
	close(ends[1]);
}

const char *get_driver(const char *feat)
{
	static char target[256];
	char name[256];
	ssize_t n;

	path(name, sizeof(name), feat, "driver");
	n = readlink(name, target, sizeof(target) - 1);
	if (n < 0)
		return "";
	target[n] = '\0';
	return basename(target);
}

static void reg_range(const char *feat, uint64_t *start, uint64_t *end)
{
	unsigned long long a, b, flags;

	if (sscanf(get(feat, "dflres/resource"), "%llx %llx %llx", &a, &b, &flags) != 3)
		bail("%s has a readable resource", feat);
	*start = a;
	*end = b;
}

uint64_t reg_start(const char *feat)
{
	uint64_t start, end;

	reg_range(feat, &start, &end);
	return start;
}

size_t reg_size(const char *feat)
{
	uint64_t start, end;

	reg_range(feat, &start, &end);
	return end - start + 1;
}

size_t bar_offset(const char *feat)
{
	unsigned long long bar;
	char name[300];
	FILE *file;

	snprintf(name, sizeof(name), "%s/resource", card_path());
	file = fopen(name, "r");
	if (!file || fscanf(file, "%llx", &bar) != 1)
		bail("the file %s is readable", name);
	fclose(file);
	return reg_start(feat) - bar;
}

void *map_regs(const char *feat, size_t offset, size_t size)
{
	int fd = open_file(feat, "dflres/resource0", O_RDWR);
	void *map;
	int err;

	if (fd < 0) {
		errno = -fd;
		return MAP_FAILED;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	err = errno;
	close(fd);
	errno = err;
	return map;
}

long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

int open_call_counter(pid_t pid)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	FILE *file = fopen("/sys/kernel/tracing/events/raw_syscalls/sys_enter/id", "r");
	int counter;

	if (!file || fscanf(file, "%llu", &attr.config) != 1)
		bail("the kernel can trace system calls");
	fclose(file);
	counter = syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (counter < 0)
		bail("system calls can be counted: %s", strerror(errno));
	return counter;
}

uint64_t read_call_counter(int counter)
{
	uint64_t calls;

	if (read(counter, &calls, sizeof(calls)) != sizeof(calls))
		bail("the counter can be read");
	return calls;
}

int open_vfio_group(void)
{
	char name[300], link[256];
	ssize_t n;

	snprintf(name, sizeof(name), "%s/iommu_group", card_path());
	n = readlink(name, link, sizeof(link) - 1);
	if (n < 0)
		bail("the card is behind an IOMMU");
	link[n] = '\0';
	snprintf(name, sizeof(name), "/dev/vfio%s", strrchr(link, '/'));
	return open(name, O_RDWR | O_CLOEXEC);
}

static __thread sigjmp_buf on_fault;
static __thread volatile sig_atomic_t guarded;

static void fault_handler(int sig)
{
	if (guarded)
		siglongjmp(on_fault, 1);
	signal(sig, SIG_DFL);
}

static void catch_faults(void)
{
	struct sigaction act = { .sa_handler = fault_handler };

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
}

int peek(const volatile void *addr, uint32_t *value)
{
	uint32_t got;
	int ret = 0;

	catch_faults();
	if (sigsetjmp(on_fault, 1)) {
		ret = -EFAULT;
	} else {
		guarded = 1;
		got = *(const volatile uint32_t *)addr;
		if (value)
			*value = got;
	}
	guarded = 0;
	return ret;
}

int poke(volatile void *addr, uint32_t value)
{
	int ret = 0;

	catch_faults();
	if (sigsetjmp(on_fault, 1)) {
		ret = -EFAULT;
	} else {
		guarded = 1;
		*(volatile uint32_t *)addr = value;
	}
	guarded = 0;
	return ret;
}

int poll_for(int fd, short events, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int n = poll(&pfd, 1, timeout_ms);

	return n < 0 ? -errno : n ? pfd.revents : 0;
}

int as_user(uid_t uid, int (*fn)(const void *arg), const void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
			_exit(125);
		_exit(fn(arg));
	}
	return finish(pid);
}

pid_t background(int (*fn)(const void *arg), const void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn(arg));
	return pid;
}

int finish(pid_t pid)
{
	int i, status;

	for (i = 0; i < PATIENCE / 10; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		usleep(10000);
	}
	note("process %d hangs", pid);
	kill(pid, SIGKILL);
	return -1;
}

void wait_us(long us)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begin.tv_sec) * 1000000L + (now.tv_nsec - begin.tv_nsec) / 1000 < us);
}

long counted(unsigned int vector)
{
	char command[32];
	long count = -1;
	FILE *pipe;

	snprintf(command, sizeof(command), "card counted %u", vector);
	pipe = popen(command, "r");
	if (!pipe || fscanf(pipe, "%ld", &count) != 1)
		bail("the kernel counts vector %u", vector);
	pclose(pipe);
	return count;
}

char state_of(pid_t pid, long *ticks)
{
	char name[64], state = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	file = fopen(name, "r");
	if (!file || fscanf(file, "%*d %*s %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %ld", &state, ticks) != 2)
		state = 0;
	if (file)
		fclose(file);
	return state;
}

void until_asleep(pid_t pid)
{
	long ticks;
	int i;

	for (i = 0; i < PATIENCE && state_of(pid, &ticks) != 'S'; i++)
		usleep(1000);
	if (i == PATIENCE)
		bail("process %d goes to sleep", pid);
}

int log_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		bail("the file /dev/kmsg opens");
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* The lines with either text */
static int log_lines(int mark, const char *text, const char *other)
{
	char line[MAX_PAGE];
	ssize_t n;
	int lines = 0;

	while ((n = read(mark, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		if (!strstr(line, text) && !strstr(line, other))
			continue;
		/* CONFIG_DEBUG_KOBJECT_RELEASE has one for each object, late as it likes */
		if (strstr(line, "kobject_release"))
			continue;
		note("kernel: %s", line);
		lines++;
	}
	close(mark);
	return lines;
}

int log_lines_with(int mark, const char *text)
{
	return log_lines(mark, text, text);
}

int log_lines_since(int mark)
{
	return log_lines(mark, "dfl", "irq");
}
