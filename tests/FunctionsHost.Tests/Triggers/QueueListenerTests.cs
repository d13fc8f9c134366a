using System.Collections.Concurrent;
using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Triggers;
using AgentWarden.InteropTests;
using Azure.Storage.Queues;

namespace AgentWarden.FunctionsHostTests.Triggers;

/// <summary>The stand-in's queue trigger, at the emulator's queues.</summary>
public sealed class QueueListenerTests
{
    private const int MostFailures = 3;

    [Fact]
    public async Task What_succeeds_is_gone_and_what_fails_or_is_no_text_ends_in_the_poison_queue()
    {
        await using var azurite = await Azurite.StartAsync();
        QueueClient Queue(string name, QueueMessageEncoding encoding) =>
            new(azurite.ConnectionString, name, new(QueueClientOptions.ServiceVersion.V2024_11_04) { MessageEncoding = encoding });
        var queue = Queue("events", QueueMessageEncoding.Base64);
        await queue.CreateAsync();
        await queue.SendMessageAsync("good");
        await queue.SendMessageAsync("bad");
        await Queue("events", QueueMessageEncoding.None).SendMessageAsync("no base64!");

        var calls = new ConcurrentQueue<string>();
        var (atOnce, pause) = (TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        var rules = new QueueRules(BatchSize: 2, MostFailures, VisibilityTimeout: atOnce, MaxPollingInterval: pause, Base64: true);
        var poison = Queue("events-poison", QueueMessageEncoding.None);
        await using (new QueueListener(azurite.ConnectionString, "events", rules, message =>
        {
            calls.Enqueue(message.Text);
            return Task.FromResult(message.Text == "good");
        }))
        {
            await Eventually.HoldsAsync(async () =>
                await poison.ExistsAsync() && (await poison.GetPropertiesAsync()).Value.ApproximateMessagesCount == 2
                && (await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount == 0);
        }

        Assert.Equal(1, calls.Count(c => c == "good"));
        Assert.Equal(MostFailures, calls.Count(c => c == "bad"));
        var left = (await poison.PeekMessagesAsync(10)).Value.Select(m => $"{m.Body}");
        Assert.Equal(["YmFk", "no base64!"], left.Order(StringComparer.Ordinal));
    }
}
