// SPDX-License-Identifier: GPL-2.0
/* Features that come and go, with a kernel that the tests play. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "unit.h"

#define MESSAGE(action, subsystem) \
	action "@/devices/pci0000:00/0000:3b:00.0/dfl_dev.3\0" \
	"ACTION=" action "\0DEVPATH=/devices/pci0000:00/0000:3b:00.0/dfl_dev.3\0" \
	"SUBSYSTEM=" subsystem "\0MODALIAS=dfl:t0000f0010\0SEQNUM=4711"

/* A message and its length, with the NUL behind its last line. */
#define TEXT(text) text, sizeof(text)

/* The kernel's end of the socket, and what the next recvfrom() is to find. */
static int kernel_end = -1;
static unsigned int sender;
static int lost;

/*
 * These stand before libc's for the library, which is linked dynamically: its
 * netlink socket is one end of a pair.
 */
int socket(int domain, int type, int protocol)
{
	int ends[2];

	if (domain != AF_NETLINK)
		return syscall(SYS_socket, domain, type, protocol);
	ck_assert_int_eq(protocol, NETLINK_KOBJECT_UEVENT);
	if (socketpair(AF_UNIX, type, 0, ends))
		return -1;
	kernel_end = ends[1];
	return ends[0];
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	const struct sockaddr_nl *netlink = (const void *)address;

	if (address->sa_family != AF_NETLINK)
		return syscall(SYS_bind, fd, address, size);
	ck_assert_uint_eq(netlink->nl_groups, 1);
	return 0;
}

ssize_t recvfrom(int fd, void *data, size_t size, int flags,
		 struct sockaddr *address, socklen_t *address_size)
{
	struct sockaddr_nl *netlink = (void *)address;

	if (lost) {
		lost = 0;
		errno = ENOBUFS;
		return -1;
	}
	memset(netlink, 0, *address_size);
	netlink->nl_pid = sender;
	return syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

static void send_message(const char *message, size_t length)
{
	ck_assert_int_eq(send(kernel_end, message, length, 0), length);
}

static struct dflres_hotplug *open_hotplug(void)
{
	struct dflres_hotplug *hotplug = NULL;

	ck_assert_int_eq(dflres_hotplug_open(&hotplug), 0);
	return hotplug;
}

static void close_hotplug(struct dflres_hotplug *hotplug)
{
	dflres_hotplug_close(hotplug);
	close(kernel_end);
}

static bool has_changed(struct dflres_hotplug *hotplug)
{
	bool changed = true;

	ck_assert_int_eq(dflres_hotplug_read(hotplug, &changed), 0);
	return changed;
}

START_TEST(hotplug_waits_for_a_message)
{
	int fds = count_fds();
	struct dflres_hotplug *h = open_hotplug();

	ck_assert_int_eq(fcntl(dflres_hotplug_fd(h), F_GETFD), FD_CLOEXEC);
	ck_assert(!has_changed(h));
	ck_assert_int_eq(dflres_hotplug_wait(h, 0), -ETIMEDOUT);
	ck_assert_int_eq(dflres_hotplug_wait(h, 20), -ETIMEDOUT);
	send_message(TEXT(MESSAGE("add", "dfl")));
	ck_assert_int_eq(dflres_hotplug_wait(h, -1), 0);
	ck_assert(!has_changed(h));
	dflres_hotplug_close(NULL);
	close_hotplug(h);
	ck_assert_int_eq(count_fds(), fds);
}
END_TEST

static const struct message {
	const char *text;
	size_t length;
	bool news;
} messages[] = {
	{ TEXT(MESSAGE("add", "dfl")), true },
	{ TEXT(MESSAGE("remove", "dfl")), true },
	{ TEXT(MESSAGE("change", "dfl")), true },
	{ TEXT(MESSAGE("bind", "dfl")), false },
	{ TEXT(MESSAGE("unbind", "dfl")), false },
	{ TEXT(MESSAGE("add", "pci")), false },
	{ TEXT(MESSAGE("add", "dflx")), false },
	{ TEXT(MESSAGE("addx", "dfl")), false },
	{ TEXT("add@/devices/dfl"), false },
	{ TEXT("ACTION=add\0XSUBSYSTEM=dfl"), false },
	{ TEXT("SUBSYSTEM=dfl\0ACTION=add"), true },
	{ TEXT(""), false },
	{ TEXT("\0\0\0"), false },
	/* cut off before the last NUL, and in the middle of a line */
	{ "ACTION=add\0SUBSYSTEM=dfl", 24, false },
	{ "ACTION=add\0SUBSYSTEM=dfl", 15, false },
	{ "", 0, false },
};

START_TEST(hotplug_knows_which_messages_are_news)
{
	const struct message *message = &messages[_i];
	struct dflres_hotplug *h = open_hotplug();

	send_message(message->text, message->length);
	ck_assert_int_eq(has_changed(h), message->news);
	/* whatever it was, it has been taken */
	ck_assert_int_eq(dflres_hotplug_wait(h, 0), -ETIMEDOUT);
	close_hotplug(h);
}
END_TEST

/* One report of many, with what is none of our business among them. */
START_TEST(hotplug_reports_many_messages_once)
{
	struct dflres_hotplug *h = open_hotplug();

	for (int i = 0; i < 5; i++) {
		send_message(TEXT(MESSAGE("add", "dfl")));
		send_message(TEXT(MESSAGE("add", "net")));
	}
	ck_assert(has_changed(h));
	ck_assert(!has_changed(h));
	close_hotplug(h);
}
END_TEST

/* The next one is waited for after one that is none of our business. */
START_TEST(hotplug_waits_on_after_other_messages)
{
	struct dflres_hotplug *h = open_hotplug();
	pid_t child;

	send_message(TEXT(MESSAGE("add", "net")));
	ck_assert_int_eq(dflres_hotplug_wait(h, 20), -ETIMEDOUT);
	send_message(TEXT(MESSAGE("add", "net")));
	child = fork();
	if (!child) {
		usleep(50000);
		send_message(TEXT(MESSAGE("remove", "dfl")));
		_exit(0);
	}
	ck_assert_int_eq(dflres_hotplug_wait(h, 10000), 0);
	close_hotplug(h);
}
END_TEST

START_TEST(hotplug_not_the_kernel)
{
	struct dflres_hotplug *h = open_hotplug();

	send_message(TEXT(MESSAGE("add", "dfl")));
	sender = 4711;
	ck_assert(!has_changed(h));
	sender = 0;
	close_hotplug(h);
}
END_TEST

START_TEST(hotplug_reports_lost_messages)
{
	struct dflres_hotplug *h = open_hotplug();

	lost = 1;
	ck_assert(has_changed(h));
	ck_assert(!has_changed(h));
	close_hotplug(h);
}
END_TEST

/* The end of what does not fit may be what would have told. */
START_TEST(hotplug_reports_a_message_too_long)
{
	static const char message[10000] = "add@/devices/long";
	struct dflres_hotplug *h = open_hotplug();

	send_message(message, sizeof(message));
	ck_assert(has_changed(h));
	close_hotplug(h);
}
END_TEST

static void nothing(int sig)
{
	(void)sig;
}

START_TEST(hotplug_wait_is_interrupted_by_a_signal)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval timer = { .it_value = { .tv_usec = 50000 },
				   .it_interval = { .tv_usec = 50000 } };
	struct dflres_hotplug *h = open_hotplug();

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	ck_assert_int_eq(dflres_hotplug_wait(h, -1), -EINTR);
	close_hotplug(h);
}
END_TEST

TCase *hotplug_case(void)
{
	TCase *tcase = tcase_create("hotplug");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, hotplug_waits_for_a_message);
	tcase_add_loop_test(tcase, hotplug_knows_which_messages_are_news, 0, LENGTH(messages));
	tcase_add_test(tcase, hotplug_reports_many_messages_once);
	tcase_add_test(tcase, hotplug_waits_on_after_other_messages);
	tcase_add_test(tcase, hotplug_not_the_kernel);
	tcase_add_test(tcase, hotplug_reports_lost_messages);
	tcase_add_test(tcase, hotplug_reports_a_message_too_long);
	tcase_add_test(tcase, hotplug_wait_is_interrupted_by_a_signal);
	return tcase;
}
