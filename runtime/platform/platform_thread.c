/* POSIX threads.
 *
 * A plain mutex would let the thread that just left enter again before those that wait have woken up, for as long as
 * it has work. Whoever leaves therefore hands the gate to the one that waits longest. */
#include "platform/platform_thread.h"
#include "base/check.h"

struct platform_thread_waiter {
    struct platform_thread_waiter *next;
    pthread_cond_t handed_over;
    bool inside;
};

void platform_thread_init(struct platform_thread_set *set)
{
    CHECK(pthread_mutex_init(&set->lock, NULL) == 0);
}

void platform_thread_finish(struct platform_thread_set *set)
{
    CHECK(set->count == 0);
    CHECK(pthread_mutex_destroy(&set->lock) == 0);
}

static void *run(void *data)
{
    struct platform_thread *thread = data;
    thread->run(thread->data);
    return NULL;
}

bool platform_thread_start(struct platform_thread_set *set, void (*call)(void *data), void *data)
{
    if (set->count == PLATFORM_THREADS_MAX)
        return false;
    struct platform_thread *thread = &set->threads[set->count];
    thread->run = call;
    thread->data = data;
    if (pthread_create(&thread->thread, NULL, run, thread) != 0)
        return false;
    set->count++;
    return true;
}

void platform_thread_join_all(struct platform_thread_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        CHECK(pthread_join(set->threads[i].thread, NULL) == 0);
    set->count = 0;
}

static void wait_for_turn(struct platform_thread_set *set)
{
    struct platform_thread_waiter me = { .handed_over = PTHREAD_COND_INITIALIZER };
    if (set->first)
        set->last->next = &me;
    else
        set->first = &me;
    set->last = &me;
    while (!me.inside)
        CHECK(pthread_cond_wait(&me.handed_over, &set->lock) == 0);
    CHECK(pthread_cond_destroy(&me.handed_over) == 0);
}

void platform_thread_enter(struct platform_thread_set *set)
{
    CHECK(pthread_mutex_lock(&set->lock) == 0);
    if (set->taken)
        wait_for_turn(set);
    set->taken = true;
    CHECK(pthread_mutex_unlock(&set->lock) == 0);
}

void platform_thread_leave(struct platform_thread_set *set)
{
    CHECK(pthread_mutex_lock(&set->lock) == 0);
    CHECK(set->taken);
    struct platform_thread_waiter *next = set->first;
    if (next) {
        set->first = next->next;
        next->inside = true;
        CHECK(pthread_cond_signal(&next->handed_over) == 0);
    } else {
        set->taken = false;
    }
    CHECK(pthread_mutex_unlock(&set->lock) == 0);
}
