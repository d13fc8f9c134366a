using System.Diagnostics;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>
/// Runs a credential plugin (<c>users[].user.exec</c>): the command's answer on stdout, or an error that says what to do.
/// </summary>
internal sealed class ExecPlugin
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string[] Versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

    private readonly KubeConfigEntry _exec;
    private readonly string _command;
    private readonly string? _hint;
    private readonly string _execInfo;

    public ExecPlugin(KubeConfigEntry exec, KubeConfigEntry cluster)
    {
        _exec = exec;
        _command = Locate(exec.Required("command", "Name the credential plugin to run."), exec);
        _hint = exec.Text("installHint");
        ApiVersion = exec.Required("apiVersion", $"Set it to {Versions[0]}.");
        if (!Versions.Contains(ApiVersion, StringComparer.Ordinal))
        {
            throw new KubeConfigException(
                exec.File, exec.Field("apiVersion"), $"{ApiVersion} is not supported.",
                $"Use a plugin version that speaks {string.Join(" or ", Versions)}.");
        }

        if (exec.Text("interactiveMode") is "Always")
        {
            throw new KubeConfigException(
                exec.File, exec.Field("interactiveMode"), "the plugin must ask a person, and here is none.",
                "Use a plugin that can run without a terminal, or a token.");
        }

        _execInfo = ExecInfo.Write(ApiVersion, exec.Flag("provideClusterInfo") ? cluster : null);
    }

    public string ApiVersion { get; }

    public async Task<byte[]> RunAsync(CancellationToken cancellation)
    {
        using var process = Start();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            using var output = new MemoryStream();
            var complaint = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0)
            {
                throw Failed(
                    $"the plugin {_command} failed with exit code {process.ExitCode}: {Short(await complaint)}",
                    "Run it by hand; often a new login is needed.");
            }

            return output.ToArray();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failed(
                $"the plugin {_command} did not answer within {Patience.TotalSeconds:0} s.", "Run it by hand to see what it waits for.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>A complaint about this plugin, at its place in the kubeconfig.</summary>
    public KubeConfigException Failed(string problem, string fix, Exception? inner = null) =>
        new(_exec.File, _exec.Field("command"), problem, fix, inner);

    private Process Start()
    {
        var start = new ProcessStartInfo(_command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in _exec.Texts("args"))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var variable in _exec.Children("env"))
        {
            start.Environment[variable.Required("name", "Name the variable.")] = variable.Text("value") ?? "";
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = _execInfo;
        try
        {
            var process = Process.Start(start) ?? throw Failed(
                $"the plugin {_command} did not start.", _hint ?? "Check the command.");
            process.StandardInput.Close();
            return process;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw Failed($"the plugin {_command} cannot be run: {e.Message}.", _hint ?? "Install it, or put it on PATH.", e);
        }
    }

    /// <summary>As kubectl: a command with a separator in it is relative to the kubeconfig, any other is looked up on PATH.</summary>
    private static string Locate(string command, KubeConfigEntry exec) =>
        command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? exec.Beside(command) : command;

    private static string Short(string complaint)
    {
        const int enough = 400;
        var text = complaint.Trim();
        return text.Length switch { 0 => "(it said nothing).", > enough => $"…{text[^enough..]}", _ => text };
    }
}
