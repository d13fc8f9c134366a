using System.Text;

namespace AgentWarden.Benchmarks.Load;

/// <summary>One request, sent over and over.</summary>
internal sealed record LoadRequest(string Method, string Path, string Body)
{
    public const string Route = "/admission/pods/credentials";

    /// <summary>The bytes on the wire.</summary>
    public byte[] Bytes { get; } = Encoding.UTF8.GetBytes(
        Body.Length == 0 ? $"{Method} {Path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        : $"{Method} {Path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(Body)}\r\n\r\n{Body}");
}

/// <summary>What came of a load.</summary>
internal sealed record LoadResult(double RequestsPerSecond, double P99Milliseconds, long Requests, long Errors);

/// <summary>Sends one request over 8 connections for a while.</summary>
internal interface ILoadGenerator
{
    string Name { get; }

    Task<LoadResult> RunAsync(int port, LoadRequest request, TimeSpan duration, CancellationToken cancellation);
}
