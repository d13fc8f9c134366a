using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Tests.Platform.EventBridge.Sinks;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>
/// Stands in for what Event Grid delivers to a subscription with output batching: each event at least once, in no order, a batch as a whole again until it was taken ("Event Grid message delivery and retry").
/// Here one in four comes twice, the answer to one delivery in eight is lost, and what was not taken comes again after a fraction of the service's ten seconds.
/// </summary>
internal sealed class EventGridSubscription : IAsyncDisposable
{
    private const int Senders = 4, LargestBatch = 20;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();
    private readonly Func<JsonNode[], Task<bool>> _deliver;
    private readonly Random _random = new(20261121);
    private readonly List<JsonElement> _waiting = [];
    private readonly Task _running;
    private int _refused, _twice;

    /// <param name="topic">Whose events.</param>
    /// <param name="deliver">Delivers a batch; false, or a failure of HTTP, when it was not taken.</param>
    public EventGridSubscription(EventGridTopicStandIn topic, Func<JsonNode[], Task<bool>> deliver)
    {
        _deliver = deliver;
        topic.Subscribe(Put);
        _running = Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => SendAsync()));
    }

    /// <summary>Events that came again because their batch was not taken, as far as the sender knows.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Events that came again although they were taken.</summary>
    public int Twice => Volatile.Read(ref _twice);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var batch = Next();
            if (batch.Length == 0)
            {
                await Task.Delay(10);
            }
            else if (!await TakenAsync(batch))
            {
                Interlocked.Add(ref _refused, batch.Length);
                await Task.Delay(RetryAfter);
                Put(batch);
            }
        }
    }

    private async Task<bool> TakenAsync(JsonElement[] batch)
    {
        try
        {
            return await _deliver([.. batch.Select(e => JsonNode.Parse(e.GetRawText())!)]) && !IsLost();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Killed in the middle of the call.
            return false;
        }
    }

    private bool IsLost()
    {
        lock (_waiting)
        {
            return _random.Next(8) == 0;
        }
    }

    private void Put(JsonElement[] events)
    {
        lock (_waiting)
        {
            _waiting.AddRange(events);
        }
    }

    /// <summary>Any of those that wait; some of them stay, to come again.</summary>
    private JsonElement[] Next()
    {
        lock (_waiting)
        {
            var batch = new List<JsonElement>();
            for (var size = _random.Next(1, LargestBatch + 1); batch.Count < size && _waiting.Count > 0;)
            {
                var index = _random.Next(_waiting.Count);
                batch.Add(_waiting[index]);
                if (_random.Next(4) == 0)
                {
                    _twice++;
                }
                else
                {
                    _waiting.RemoveAt(index);
                }
            }

            return [.. batch];
        }
    }
}
