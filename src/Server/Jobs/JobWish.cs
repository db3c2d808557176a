using System.Text.Json.Serialization;

namespace Sparrow.Server.Jobs;

/// <summary>What a caller has asked of a job that runs; stored, so that a crash does not forget it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobWish>))]
internal enum JobWish
{
    None,
    Pause,
    Cancel,
}
