// SPDX-License-Identifier: GPL-2.0
/* See stress.h: the part of a worker that reaches registers */

#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* -1 where there is none */
static int registers[FEATURES];

static void unmap(struct mapping *mapping)
{
	if (!mapping->pages)
		return;
	munmap((void *)mapping->at, mapping->pages * PAGE);
	mapping->pages = 0;
}

/* By the sysfs that everybody has, or by another one */
static int open_registers(const struct choice *choice, const char *file)
{
	char name[160];
	int fd;

	if (!is_elsewhere(choice))
		return open_file(name_of(choice->feature), file, O_RDWR);
	snprintf(name, sizeof(name), ELSEWHERE "/bus/dfl/devices/%s/%s", name_of(choice->feature), file);
	fd = open(name, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* One mapping, through a descriptor of its own */
static int map_one(const struct choice *choice, const char *file, unsigned int slot)
{
	unsigned int has = features[choice->feature].pages ?: 1, page = choice->which / MAPS % has;
	unsigned int pages = 1 + choice->which / 64 % (has - page);
	struct mapping *mapping = &mappings[choice->feature][slot];
	int fd, ret = 0;
	void *at;

	unmap(mapping);
	fd = open_registers(choice, file);
	if (fd < 0)
		return fd;
	at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page * PAGE);
	if (at == MAP_FAILED)
		ret = -errno;
	close(fd);
	if (!ret)
		*mapping = (struct mapping){ at, page, pages, false };
	return ret;
}

int op_map(const struct choice *choice, struct result *result)
{
	(void)result;
	return map_one(choice, "dflres/resource0", choice->which % MAPS);
}

int op_map_combined(const struct choice *choice, struct result *result)
{
	(void)result;
	return map_one(choice, "dflres/resource0_wc", choice->which % MAPS);
}

/* As many mappings as a worker may have, all or none */
int op_map_all(const struct choice *choice, struct result *result)
{
	unsigned int m;
	int ret = 0;

	(void)result;
	for (m = 0; m < MAPS && !ret; m++)
		ret = map_one(choice, "dflres/resource0", m);
	for (m = 0; m < MAPS && ret; m++)
		unmap(&mappings[choice->feature][m]);
	return ret;
}

int op_munmap(const struct choice *choice, struct result *result)
{
	struct mapping *mapping = &mappings[choice->feature][choice->which % MAPS];

	result->idle = !mapping->pages;
	unmap(mapping);
	return 0;
}

/* To another place, and perhaps shortened; never enlarged */
int op_mremap(const struct choice *choice, struct result *result)
{
	struct mapping *mapping = &mappings[choice->feature][choice->which % MAPS];
	unsigned int pages = mapping->pages;
	void *to, *at;

	result->idle = !pages;
	if (!pages)
		return 0;
	if (mremap((void *)mapping->at, pages * PAGE, (pages + 1) * PAGE, MREMAP_MAYMOVE) != MAP_FAILED)
		return -EOVERFLOW;
	if (choice->which & 8)
		pages = 1 + choice->which / 16 % pages;
	to = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (to == MAP_FAILED)
		return -errno;
	at = mremap((void *)mapping->at, mapping->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (at == MAP_FAILED)
		return -errno;
	mapping->at = at;
	mapping->pages = pages;
	return 0;
}

/* One of those who come many at once has a descriptor, and a mapping by it where the feature can be mapped */
static struct {
	int fd;
	struct mapping mapping;
} crowd[CROWD];
static unsigned int crowd_feature;

static void disperse(void)
{
	unsigned int i;

	for (i = 0; i < CROWD; i++) {
		unmap(&crowd[i].mapping);
		if (crowd[i].fd >= 0)
			close(crowd[i].fd);
		crowd[i].fd = -1;
	}
}

/* No child inherits the mappings: it would keep them beyond the next crowd */
static int join_crowd(const struct choice *choice, unsigned int i)
{
	void *at;
	int fd;

	fd = open_registers(choice, "dflres/resource0");
	if (fd < 0)
		return fd;
	crowd[i].fd = fd;
	if (!features[choice->feature].pages)
		return 0;
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || madvise(at, PAGE, MADV_DONTFORK))
		return -errno;
	crowd[i].mapping = (struct mapping){ at, 0, 1, false };
	return 0;
}

static bool read_magic(unsigned int i, uint32_t *magic)
{
	return pread(crowd[i].fd, magic, sizeof(*magic), MAGIC_AT) == sizeof(*magic);
}

/* All or none; -EAGAIN: one claim had ended, and the next one begun, when only some were in */
int op_crowd_in(const struct choice *choice, struct result *result)
{
	unsigned int i;
	int ret = 0;

	disperse();
	crowd_feature = choice->feature;
	for (i = 0; i < CROWD && !ret; i++)
		ret = join_crowd(choice, i);
	if (!ret && !read_magic(0, &result->magic) && read_magic(CROWD - 1, &result->magic))
		ret = -EAGAIN;
	if (ret)
		disperse();
	return ret;
}

/* What fails says so at each call; -EIO: it failed for some and works for others that were asked later */
int op_crowd_look(const struct choice *choice, struct result *result)
{
	struct look *look = &result->looks[crowd_feature][0];
	unsigned int i, fail = 0;
	int ret = 0;

	(void)choice;
	result->idle = crowd[0].fd < 0;
	for (i = 0; i < CROWD && !result->idle; i++) {
		uint64_t begin = now_ns();

		if (crowd[i].mapping.pages)
			look_at(crowd_feature, &crowd[i].mapping, 0, look);
		if (read_magic(i, &result->magic)) {
			look->alive_at = begin;
			look->wrong |= result->magic != magic_of(crowd_feature, 0);
			if (fail)
				return -EIO;
		} else {
			ret = -errno;
			fail++;
		}
	}
	return ret;
}

/* Where a thread has its own view of what is dead */
struct looker {
	pthread_t thread;
	struct mapping mappings[FEATURES][MAPS];
	struct look looks[FEATURES][MAPS];
	unsigned int mask;
};

/* False if there is none */
static bool look_at_all(struct mapping all[FEATURES][MAPS], unsigned int mask, struct look looks[FEATURES][MAPS])
{
	bool any = false;
	unsigned int f, m;

	for (f = 0; f < FEATURES; f++)
		for (m = 0; m < MAPS; m++)
			if (all[f][m].pages) {
				look_at(f, &all[f][m], mask, &looks[f][m]);
				any = true;
			}
	return any;
}

static void *look_on(void *data)
{
	struct looker *looker = data;

	look_at_all(looker->mappings, looker->mask, looker->looks);
	return NULL;
}

struct looker *start_looker(const struct choice *choice)
{
	static struct looker looker;

	memset(&looker, 0, sizeof(looker));
	memcpy(looker.mappings, mappings, sizeof(mappings));
	looker.mask = choice->which >> 8;
	if (pthread_create(&looker.thread, NULL, look_on, &looker))
		_exit(94);
	return &looker;
}

void join_looker(struct looker *looker, struct result *result)
{
	unsigned int f, m;

	pthread_join(looker->thread, NULL);
	for (f = 0; f < FEATURES; f++)
		for (m = 0; m < MAPS; m++) {
			const struct look *seen = &looker->looks[f][m];
			struct look *look = &result->looks[f][m];

			if (!seen->looked)
				continue;
			mappings[f][m].dead |= looker->mappings[f][m].dead;
			look->alive = seen->alive && (look->alive || !look->looked);
			look->looked = true;
			look->revived |= seen->revived;
			look->wrong |= seen->wrong;
			if (look->alive_at < seen->alive_at)
				look->alive_at = seen->alive_at;
		}
}

/* All that the worker has, and its child */
int op_touch(const struct choice *choice, struct result *result)
{
	struct looker *looker = is_threaded(choice) ? start_looker(choice) : NULL;
	unsigned int times;

	result->idle = !(choice->which % 4 == 0 && ask_child(result));
	for (times = 0; times < 1 + choice->which / 8 % 2; times++)
		if (look_at_all(mappings, choice->which >> 8, result->looks))
			result->idle = false;
	if (looker)
		join_looker(looker, result);
	return 0;
}

int op_read(const struct choice *choice, struct result *result)
{
	int fd = descriptor(choice, &registers[choice->feature], "dflres/resource0", O_RDWR, result);

	if (fd < 0)
		return fd;
	if (pread(fd, &result->magic, sizeof(uint32_t), MAGIC_AT) != sizeof(uint32_t) ||
	    pread(fd, &result->word, sizeof(uint32_t), WORD_AT(me)) != sizeof(uint32_t))
		return -errno;
	return 0;
}

int op_write(const struct choice *choice, struct result *result)
{
	int fd = descriptor(choice, &registers[choice->feature], "dflres/resource0", O_RDWR, result);

	result->word = choice->which;
	if (fd < 0)
		return fd;
	return pwrite(fd, &result->word, sizeof(uint32_t), WORD_AT(me)) == sizeof(uint32_t) ? 0 : -errno;
}

/* Through the read-only mount: what a read is refused with, or 0 */
static int peek_barred(const struct choice *choice, struct result *result)
{
	char name[160];
	void *at;
	int fd, ret;

	snprintf(name, sizeof(name), READ_ONLY "/bus/dfl/devices/%s/dflres/resource0", name_of(choice->feature));
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = pread(fd, &result->magic, sizeof(uint32_t), MAGIC_AT) < 0 ? -errno : 0;
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return ret;
	munmap(at, PAGE);
	return 0;
}

/* Through a descriptor that cannot write one register is read, and not two at once */
int op_peek(const struct choice *choice, struct result *result)
{
	uint64_t wide[2];
	int fd, ret = 0;

	if (is_barred(choice))
		return peek_barred(choice, result);
	fd = open_file(name_of(choice->feature), "dflres/resource0", O_RDONLY);
	if (fd < 0)
		return fd;
	if (pread(fd, wide, sizeof(wide), MAGIC_AT) >= 0)
		ret = -EOVERFLOW;
	else if (errno != EINVAL || pread(fd, &result->magic, sizeof(uint32_t), MAGIC_AT) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

void begin_access(void)
{
	unsigned int f, i;

	for (f = 0; f < FEATURES; f++)
		registers[f] = -1;
	for (i = 0; i < CROWD; i++)
		crowd[i].fd = -1;
}
