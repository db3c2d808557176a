namespace Sparrow.Server.Admission;

/// <summary>Who is calling: the key's name and what follows from it. Set as a feature of the request by the authentication middleware.</summary>
/// <param name="KeyName">Name of the key; <c>anonymous</c> where no keys are configured.</param>
/// <param name="CacheSalt">Separates this key's prefix cache from others' .</param>
/// <param name="IsAdmin">Whether the key has the admin scope.</param>
internal sealed record Caller(string KeyName, string CacheSalt, bool IsAdmin)
{
    /// <summary>Where no keys are configured, everybody is the same caller and may do everything.</summary>
    public static Caller Anonymous { get; } = new("anonymous", "", IsAdmin: true);

    /// <summary>Requests that this key may have in the server at once; null: no limit of its own.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary>Calls that this key may make in a minute; null: no limit of its own.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The best (lowest) <c>priority</c> that this key may ask for; null: any.</summary>
    public int? MinPriority { get; init; }
}
