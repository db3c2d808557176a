namespace Sparrow.Server.Observability;

/// <summary>Ids of the server's log events: thousands by area, never reused.</summary>
internal static class EventIds
{
    public const int ModelFailed = 1001;
    public const int ModelLoaded = 1002;
    public const int KernelsBound = 1003;
    public const int CachePlanned = 1004;
    public const int SampleModel = 1005;
    public const int Ready = 1006;
    public const int TryIt = 1007;
    public const int FormatExpanded = 1008;
    public const int ModelUnloaded = 1009;
    public const int PoolStateLost = 1010;
    public const int RevisionDropped = 1011;
    public const int PoolSweepFailed = 1012;
    public const int ImportFailed = 1013;
    public const int AdapterLoaded = 1014;
    public const int AdapterFailed = 1015;
    public const int SwapEnded = 1021;
    public const int SwapFailed = 1022;
    public const int DrainBegan = 1101;
    public const int DrainRefuses = 1102;
    public const int DrainAborts = 1103;
    public const int DrainEnded = 1104;
    public const int KeysRead = 1201;
    public const int KeysRejected = 1202;
    public const int Audited = 1203;
    public const int AuditedRead = 1204;
    public const int SweepFailed = 1401;
    public const int PullBegan = 1501;
    public const int PullEnded = 1502;
    public const int PullOffline = 1503;
    public const int JobFailed = 1601;
    public const int JobNotStored = 1602;
    public const int RequestEnded = 1301;
    public const int RequestFailed = 2001;
    public const int SlowReader = 2101;
}
