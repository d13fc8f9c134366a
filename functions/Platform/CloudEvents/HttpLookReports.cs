using System.Net;
using System.Net.Http.Headers;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.CloudEvents;

/// <summary>Reports to the event bridge in another process: <c>POST {bridge}/looks</c>.</summary>
/// <param name="http">Its timeout is that of one attempt.</param>
/// <param name="bridge">The bridge's address, for example <c>http://agent-warden-bridge:8080</c>.</param>
/// <param name="token">The bearer token, asked for before each attempt because tokens are renewed; null for none.</param>
/// <param name="clock">For the waits between attempts.</param>
internal sealed class HttpLookReports(HttpClient http, Uri bridge, Func<CancellationToken, ValueTask<string?>> token, TimeProvider clock) : ILookReports
{
    private const int Attempts = 4;

    /// <summary>Objects that one report names: with names as long as they may be, 3 MB.</summary>
    private const int MostNamed = 5000;

    /// <summary>Whoever waits longer is better served by sending its events again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly Uri _looks = new(bridge.AbsoluteUri.TrimEnd('/') + "/looks");

    public async Task ReportAsync(IReadOnlyList<LookReport> looks, CancellationToken cancellation)
    {
        foreach (var part in Parts(looks))
        {
            await SendAsync(LookReportJson.Write(part), cancellation);
        }
    }

    /// <summary>One change of a provider may concern fifty thousand accesses: what is more than a body may hold is reported in several, each of which ends the same look.</summary>
    private static IEnumerable<IReadOnlyList<LookReport>> Parts(IEnumerable<LookReport> looks)
    {
        var (part, named) = (new List<LookReport>(), 0);
        foreach (var look in looks.SelectMany(Split))
        {
            var own = 1 + look.Answer.FollowUps.Count;
            if (part.Count == LookReportJson.MaxLooks || (part.Count > 0 && named + own > MostNamed))
            {
                yield return part;
                (part, named) = ([], 0);
            }

            part.Add(look);
            named += own;
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }

    private static IEnumerable<LookReport> Split(LookReport look) => look.Answer.FollowUps.Count < MostNamed ? [look]
        : look.Answer.FollowUps.Chunk(MostNamed - 1).Select(some => look with { Answer = look.Answer with { FollowUps = some } });

    private async Task SendAsync(byte[] body, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (problem, wait, cause) = await AttemptAsync(body, cancellation);
            if (problem is null)
            {
                return;
            }

            var backoff = TimeSpan.FromMilliseconds(100 * Math.Pow(4, attempt - 1));
            wait = wait > backoff ? wait : wait is null ? null : backoff;
            if (attempt == Attempts || wait is null || wait > LongestWait)
            {
                throw new LookReportException($"The event bridge at {_looks} did not take the report: {problem}.", cause);
            }

            await Task.Delay(wait.Value, clock, cancellation);
        }
    }

    /// <summary>What went wrong, or null; and how long to wait at least, null when another attempt is of no use.</summary>
    private async Task<(string? Problem, TimeSpan? Wait, Exception? Cause)> AttemptAsync(byte[] body, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _looks) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.Json);
            if (await token(cancellation) is { Length: > 0 } bearer)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            }

            using var response = await http.SendAsync(request, cancellation);
            return response.IsSuccessStatusCode ? default : ($"it answered {(int)response.StatusCode}", Wait(response), null);
        }
        catch (KubeConfigException e)
        {
            return ($"there is no token for it ({e.Message})", null, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (e is OperationCanceledException ? "it did not answer in time" : "it cannot be reached", TimeSpan.Zero, e);
        }
    }

    private TimeSpan? Wait(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter?.Delta ?? response.Headers.RetryAfter?.Date - clock.GetUtcNow();
        return response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)response.StatusCode >= 500 ? asked ?? TimeSpan.Zero : null;
    }
}
