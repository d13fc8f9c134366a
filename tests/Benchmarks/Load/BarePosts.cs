using AgentWarden.Kernel.Contracts;
using AgentWarden.Benchmarks.Arena;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Load;

/// <summary>The requests that the bridge's HTTP sink makes of these objects, made beforehand and sent in a loop: no watch, no queue, no answer read for what it says.</summary>
internal static class BarePosts
{
    private const string Source = "/agent-warden/bridge";

    /// <summary>As many as the sink has under way for all functions together.</summary>
    public static int Connections(HttpSinkMode mode) => RecordingFunction.Names.Count * (mode == HttpSinkMode.Batch ? HttpBatches.Lanes : new HttpSinkOptions(new("http://localhost"), mode).Concurrency);

    public static async Task SendAsync(Uri events, HttpSinkMode mode, IReadOnlyList<ObjectReference> objects, CancellationToken cancellation)
    {
        var now = TimeProvider.System.GetUtcNow();
        var requests = Requests(new(events.AbsoluteUri + "/"), mode, [.. objects.Select(o => new ObjectEvent(ObjectChange.Add, o))], now).ToArray();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = Connections(mode), CancellationToken = cancellation }, async (request, token) =>
        {
            using (request)
            {
                using var answer = await client.SendAsync(request, token);
                await answer.Content.ReadAsByteArrayAsync(token);
                if (!answer.IsSuccessStatusCode)
                {
                    throw new InvalidOperationException($"The recording endpoint answered {(int)answer.StatusCode}.");
                }
            }
        });
    }

    private static IEnumerable<HttpRequestMessage> Requests(Uri root, HttpSinkMode mode, IReadOnlyList<ObjectEvent> changes, DateTimeOffset now)
    {
        // In turn to each function, as the bridge's workers go.
        var each = mode == HttpSinkMode.Batch ? changes.Chunk(new HttpSinkOptions(root, mode).BatchSize) : changes.Select(c => new[] { c });
        foreach (var some in each)
        {
            foreach (var function in RecordingFunction.Names)
            {
                var events = some.Select(c => ObjectEventMapping.ToCloudEvent(c, Source, now, function));
                var target = new Uri(root, function);
                var request = mode switch
                {
                    HttpSinkMode.Structured => CloudEventContent.Structured(target, events.Single()),
                    HttpSinkMode.Binary => CloudEventContent.Binary(target, events.Single()),
                    _ => CloudEventContent.Batch(target, events),
                };
                request.Headers.TryAddWithoutValidation(LookReportJson.WishesHeader, LookReportJson.WishesInAnswer);
                yield return request;
            }
        }
    }
}
