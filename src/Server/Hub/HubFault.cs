namespace Sparrow.Server.Hub;

/// <summary>Why a pull failed.</summary>
internal enum HubFault
{
    /// <summary>The reference itself is malformed.</summary>
    BadReference,

    /// <summary>No such repository, revision or file, or no access to it.</summary>
    NotFound,

    /// <summary>Nothing in it that this server reads.</summary>
    NoModel,

    /// <summary>A file's bytes are not those that the hub announced.</summary>
    WrongDigest,

    /// <summary>The hub does not answer, or not sensibly.</summary>
    Unreachable,
}
