// SPDX-License-Identifier: GPL-2.0
/* See stress.h: the part of a worker that waits, and has interrupts */

#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vector.h"

/* -1 where there is none */
static int owners[FEATURES], counts[FEATURES][IRQS], events[FEATURES][IRQS];

static ssize_t read_text(int fd, struct result *result)
{
	ssize_t n = pread(fd, result->text, sizeof(result->text) - 1, 0);

	if (n < 0)
		return -errno;
	result->text[n] = '\0';
	result->text[strcspn(result->text, "\n")] = '\0';
	return 0;
}

/* A poll that returns at once says what one that sleeps would be woken by */
static int poll_and_read(int fd, struct result *result)
{
	if (fd < 0)
		return fd;
	if (!result->fresh)
		result->revents = poll_for(fd, POLLPRI, 0);
	return read_text(fd, result);
}

int op_poll(const struct choice *choice, struct result *result)
{
	return poll_and_read(descriptor(choice, &owners[choice->feature], "dflres/owner", O_RDONLY, result), result);
}

static unsigned int irq_of(const struct choice *choice)
{
	return choice->which / 8 % features[choice->feature].irqs;
}

static const char *irq_file(const struct choice *choice, const char *suffix)
{
	static char name[32];

	snprintf(name, sizeof(name), "dflres/irq%u%s", irq_of(choice), suffix);
	return name;
}

int op_count(const struct choice *choice, struct result *result)
{
	int *fd = &counts[choice->feature][irq_of(choice)], ret;

	ret = poll_and_read(descriptor(choice, fd, irq_file(choice, ""), O_RDONLY, result), result);
	if (!ret)
		result->number = atol(result->text);
	return ret;
}

int op_attach(const struct choice *choice, struct result *result)
{
	(void)result;
	return put_event(name_of(choice->feature), irq_file(choice, "_eventfd"),
			 events[choice->feature][irq_of(choice)]);
}

int op_detach(const struct choice *choice, struct result *result)
{
	(void)result;
	return put_str(name_of(choice->feature), irq_file(choice, "_eventfd"), "-1");
}

int op_sum(const struct choice *choice, struct result *result)
{
	result->number = event_sum(events[choice->feature][irq_of(choice)]);
	return 0;
}

/* One worker does it, so no lock is needed to map the table of vectors. It may have been released after the last one */
int op_interrupt(const struct choice *choice, struct result *result)
{
	unsigned int times = 1 + choice->which / 64 % 8;
	struct vector vector;
	int ret;

	ret = vector_open(&vector, card_dir(), features[choice->feature].vector + irq_of(choice));
	if (ret)
		return ret;
	while (times-- && !vector_aim(&vector)) {
		vector_send(&vector);
		result->number++;
	}
	vector_close(&vector);
	return 0;
}

void begin_listen(void)
{
	unsigned int f, i;

	for (f = 0; f < FEATURES; f++) {
		owners[f] = -1;
		for (i = 0; i < IRQS; i++) {
			counts[f][i] = -1;
			events[f][i] = i < features[f].irqs ? new_event() : -1;
		}
	}
}
