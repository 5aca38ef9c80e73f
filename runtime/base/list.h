/* A doubly linked ring: the links stand inside the objects. An empty link points to itself. */
#ifndef BASE_LIST_H
#define BASE_LIST_H
#include "base/check.h"
#include <stdbool.h>

struct list {
    struct list *next, *prev;
};

#define LIST_EACH(item, head) for (struct list *item = (head)->next; item != (head); item = item->next)
/* The body may remove item. */
#define LIST_EACH_SAFE(item, head)                                                                           \
    for (struct list *item = (head)->next, *item##_next = item->next; item != (head);                        \
         item = item##_next, item##_next = item->next)
#define LIST_ITEM(link, type, member) CONTAINER_OF(link, type, member)

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_insert_before(struct list *where, struct list *item)
{
    item->prev = where->prev;
    item->next = where;
    where->prev->next = item;
    where->prev = item;
}

static inline void list_add_last(struct list *head, struct list *item)
{
    list_insert_before(head, item);
}

static inline void list_add_first(struct list *head, struct list *item)
{
    list_insert_before(head->next, item);
}

/* Out of its ring, and empty; harmless when it is in none. */
static inline void list_remove(struct list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    list_init(item);
}

static inline struct list *list_first(const struct list *head) /* NULL when empty */
{
    return list_empty(head) ? NULL : head->next;
}

#endif
