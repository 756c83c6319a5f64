// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The kernel behind the files: writes to them claim and release, as dflres(4)
 * says. It keeps its state in the tree, so that the processes of a test share it;
 * but only the process that attached an eventfd signals it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* As many as a card has MSI-X vectors. */
#define MAX_EVENTFDS 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The eventfds of interrupts; "" marks a free place. */
static struct {
	char name[PATH_MAX];	/* of irqN */
	int fd;
} eventfds[MAX_EVENTFDS];

void sim_lock(void)
{
	pthread_mutex_lock(&lock);
}

void sim_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static const char *name_of(const char *dir)
{
	return strrchr(dir, '/') + 1;
}

static void detach(const char *irq)
{
	for (size_t i = 0; i < MAX_EVENTFDS; i++) {
		if (!strcmp(eventfds[i].name, irq)) {
			close(eventfds[i].fd);
			eventfds[i].name[0] = '\0';
		}
	}
}

static int attach(const char *irq, const char *text)
{
	int fd;

	if (!strcmp(text, "-1")) {
		detach(irq);
		return 0;
	}
	fd = fcntl(atoi(text), F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	detach(irq);
	for (size_t i = 0; i < MAX_EVENTFDS; i++) {
		if (!*eventfds[i].name) {
			sim_path(eventfds[i].name, "%s", irq);
			eventfds[i].fd = fd;
			return 0;
		}
	}
	close(fd);
	return -ENFILE;
}

int sim_kernel_interrupt(const char *dir, unsigned int irq)
{
	const uint64_t one = 1;
	char path[PATH_MAX], text[64];
	int error;

	sim_path(path, "%s/dflres/owner", dir);
	sim_read(path, text);
	if (strcmp(text, "user"))
		return -ENODEV;
	sim_path(path, "%s/dflres/irq%u", dir, irq);
	sim_read(path, text);
	if (!*text)
		return -ENOENT;
	error = sim_print(path, "%llu\n", strtoull(text, NULL, 10) + 1);
	for (size_t i = 0; i < MAX_EVENTFDS && !error; i++) {
		if (!strcmp(eventfds[i].name, path) &&
		    write(eventfds[i].fd, &one, sizeof(one)) < 0)
			error = -errno;
	}
	return error;
}

static int set_owner(const char *dir, const char *word)
{
	char path[PATH_MAX];

	sim_path(path, "%s/dflres/owner", dir);
	return sim_print(path, "%s\n", word);
}

static int bind_driver(const char *root, const char *dir, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];

	sim_path(path, "%s/driver", dir);
	sim_path(target, "%s/bus/dfl/drivers/%s", root, driver);
	return sim_link(target, path);
}

static void unbind_driver(const char *dir)
{
	char path[PATH_MAX];

	sim_path(path, "%s/driver", dir);
	unlink(path);
}

static unsigned int count_irqs(const char *dir)
{
	char path[PATH_MAX], text[64];

	sim_path(path, "%s/dflres/num_irqs", dir);
	sim_read(path, text);
	return (unsigned int)atoi(text);
}

/* Make the files of a claim, the registers last: others look for these. */
static int make_files(const char *root, const char *dir)
{
	char path[PATH_MAX], registers[PATH_MAX];
	int error;

	sim_path(path, "%s/dflres/owner_pid", dir);
	error = sim_print(path, "%d\n", (int)getpid());
	for (unsigned int i = 0; i < count_irqs(dir) && !error; i++) {
		sim_path(path, "%s/dflres/irq%u", dir, i);
		error = sim_print(path, "0\n");
		sim_path(path, "%s/dflres/irq%u_eventfd", dir, i);
		if (!error)
			error = sim_write(path, "", 0);
	}
	sim_path(path, "%s/dflres/resource0", dir);
	sim_path(registers, "%s/registers/%s", root, name_of(dir));
	return !error && link(registers, path) ? -errno : error;
}

static int refusal(const char *root, const char *dir)
{
	char path[PATH_MAX], text[64];

	sim_path(path, "%s/dflres/owner", dir);
	sim_read(path, text);
	if (strcmp(text, "none"))
		return -EBUSY;
	sim_path(path, "%s/dflres/claimable", dir);
	sim_read(path, text);
	if (*text && strcmp(text, "yes"))
		return -ENXIO;
	sim_path(path, "%s/registers/%s.refuse", root, name_of(dir));
	sim_read(path, text);
	return -atoi(text);
}

static int claim(const char *root, const char *dir, bool leased)
{
	char path[PATH_MAX];
	int error;

	error = refusal(root, dir);
	if (!error)
		error = make_files(root, dir);
	if (!error)
		error = bind_driver(root, dir, "dflres");
	sim_path(path, "%s/dflres/lease", dir);
	if (!error)
		error = sim_print(path, "%d\n", leased);
	return error ? error : set_owner(dir, "user");
}

/*
 * Mappings of the registers give SIGBUS once the length of the file is 0. Another
 * file keeps their contents.
 */
static int kill_registers(const char *root, const char *dir)
{
	char path[PATH_MAX], old[PATH_MAX], copy[PATH_MAX], data[4096];
	ssize_t length;
	int from, to, error = 0;

	sim_path(path, "%s/dflres/resource0", dir);
	sim_path(old, "%s/registers/%s", root, name_of(dir));
	sim_path(copy, "%s.new", old);
	from = open(old, O_RDWR | O_CLOEXEC);
	to = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	while (from >= 0 && to >= 0 && !error &&
	       (length = read(from, data, sizeof(data))) > 0) {
		if (write(to, data, (size_t)length) != length)
			error = -EIO;
	}
	if (from < 0 || to < 0 || unlink(path) || rename(copy, old) ||
	    ftruncate(from, 0))
		error = -errno;
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return error;
}

static void remove_files(const char *dir)
{
	char path[PATH_MAX];

	sim_path(path, "%s/dflres/owner_pid", dir);
	unlink(path);
	for (unsigned int i = 0; i < count_irqs(dir); i++) {
		sim_path(path, "%s/dflres/irq%u_eventfd", dir, i);
		unlink(path);
		sim_path(path, "%s/dflres/irq%u", dir, i);
		detach(path);
		unlink(path);
	}
	sim_path(path, "%s/dflres/lease", dir);
	sim_print(path, "0\n");
}

/* Bind the first driver again. */
static int give_to_kernel(const char *root, const char *dir)
{
	char path[PATH_MAX], driver[64];
	int error;

	sim_path(path, "%s/registers/%s.driver", root, name_of(dir));
	sim_read(path, driver);
	if (!*driver)
		return set_owner(dir, "none");
	error = bind_driver(root, dir, driver);
	return error ? error : set_owner(dir, "kernel");
}

int sim_kernel_release(const char *root, const char *dir, bool to_kernel)
{
	char path[PATH_MAX], text[64];
	int error;

	sim_path(path, "%s/dflres/owner", dir);
	sim_read(path, text);
	if (!strcmp(text, "kernel"))
		return to_kernel ? 0 : -EBUSY;
	if (!strcmp(text, "user")) {
		error = kill_registers(root, dir);
		if (error)
			return error;
		remove_files(dir);
		unbind_driver(dir);
	}
	return to_kernel ? give_to_kernel(root, dir) : set_owner(dir, "none");
}

static int write_owner(const char *root, const char *dir, const char *text)
{
	if (!strcmp(text, "user"))
		return claim(root, dir, false);
	if (!strcmp(text, "none"))
		return sim_kernel_release(root, dir, false);
	return strcmp(text, "kernel") ? -EINVAL :
	       sim_kernel_release(root, dir, true);
}

/* "bind" or "unbind" of a driver: @path without it; @text is the feature. */
static int write_driver(const char *root, const char *path, const char *text,
			bool bind)
{
	char link[PATH_MAX], dir[PATH_MAX], word[64];

	sim_path(link, "%s/bus/dfl/devices/%s", root, text);
	if (!realpath(link, dir))
		return -ENODEV;
	sim_path(link, "%s/dflres/owner", dir);
	sim_read(link, word);
	if (strcmp(word, bind ? "none" : "kernel"))
		return bind ? -EBUSY : -ENODEV;
	if (!bind) {
		unbind_driver(dir);
		return set_owner(dir, "none");
	}
	return bind_driver(root, dir, name_of(path)) ? -errno :
	       set_owner(dir, "kernel");
}

int sim_kernel_write(const char *root, const char *path, const char *text)
{
	char dir[PATH_MAX], *file, *above;
	size_t length;

	sim_path(dir, "%s", path);
	file = strrchr(dir, '/');
	*file++ = '\0';
	if (!strcmp(file, "bind") || !strcmp(file, "unbind"))
		return write_driver(root, dir, text, *file == 'b');
	length = strlen(path);
	if (length > 8 && !strcmp(path + length - 8, "_eventfd")) {
		file[strlen(file) - 8] = '\0';
		file[-1] = '/';
		return attach(dir, text);
	}
	above = strrchr(dir, '/');
	*above = '\0';
	if (!strcmp(file, "owner"))
		return write_owner(root, dir, text);
	if (strcmp(file, "lease"))
		return -EACCES;
	return claim(root, dir, true);
}
