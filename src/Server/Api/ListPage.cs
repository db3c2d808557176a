using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Api;

/// <summary>G-9: a page of a list, by <c>after</c>, <c>limit</c> and <c>order</c> of the query.</summary>
internal sealed record ListPage<T>(IReadOnlyList<T> Items, string? FirstId, string? LastId, bool HasMore)
{
    /// <param name="query">Of the request.</param>
    /// <param name="oldestFirst">All items.</param>
    /// <param name="idOf">What <c>after</c> names.</param>
    /// <param name="defaultLimit">Items of a page where the caller does not say.</param>
    /// <param name="maxLimit">Most items of a page.</param>
    /// <param name="defaultOrder"><c>asc</c> or <c>desc</c>.</param>
    /// <exception cref="ApiException">400.</exception>
    public static ListPage<T> Of(
        IQueryCollection query, IReadOnlyList<T> oldestFirst, Func<T, string> idOf, int defaultLimit, int maxLimit, string defaultOrder = "desc")
    {
        string order = query["order"] is [{ Length: > 0 } given] ? given : defaultOrder;
        if (order is not "asc" and not "desc")
        {
            throw ApiException.Invalid("invalid_value", "Invalid value for 'order': expected asc or desc.", "order");
        }

        int limit = defaultLimit;
        if (query["limit"] is [{ Length: > 0 } text] && (!int.TryParse(text, out limit) || limit < 1 || limit > maxLimit))
        {
            throw ApiException.Invalid("invalid_value", $"Invalid value for 'limit': expected 1 to {maxLimit}.", "limit");
        }

        IEnumerable<T> items = order == "asc" ? oldestFirst : oldestFirst.Reverse();
        if (query["after"] is [{ Length: > 0 } after])
        {
            if (!oldestFirst.Any(item => idOf(item) == after))
            {
                throw ApiException.Invalid("invalid_value", "Invalid value for 'after': the list has no such item.", "after");
            }

            items = items.SkipWhile(item => idOf(item) != after).Skip(1);
        }

        List<T> page = [.. items.Take(limit + 1)];
        bool hasMore = page.Count > limit;
        page = hasMore ? page[..limit] : page;
        return page is [T first, ..] and [.., T last] ? new ListPage<T>(page, idOf(first), idOf(last), hasMore) : new ListPage<T>(page, null, null, false);
    }
}
